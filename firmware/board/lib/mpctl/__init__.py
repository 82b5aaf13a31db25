"""mpctl on a board: announces the board by mDNS and serves its sensors over HTTP.

    from mpctl import main, http_get
"""

import gc
import sys

VERSION = "0.1.0"


def main(clients=True):
    """Serve until Ctrl-C. With clients, print each HTTP client."""
    # Imported late: `from mpctl import http_get` alone should not fill the heap with a server.
    from mpctl import app

    app.run(clients)


def http_get(url):
    """Fetch url and print the answer as it arrives."""
    visit("fetch").http_get(url)


def visit(name):
    """Import a module for one use. Nothing keeps the module, so its memory is free again afterwards."""
    # Compiling needs free memory, best in one piece.
    gc.collect()
    path = "mpctl." + name
    try:
        return __import__(path, None, None, (name,))
    finally:
        sys.modules.pop(path, None)
        globals().pop(name, None)
