"""The page at /: page.html with the readings written in, so that it shows them without JavaScript."""

import os

from mpctl.sensor import value

PIECE = 512  # bytes; no line of the page is longer
FILE = __file__[: __file__.rfind(".")] + ".html"


def answer(api, query):
    readings = [(name,) + value(api.sensors[name]) + (api.sensors[name][1],) for name in sorted(api.sensors)]
    return 200, b"text/html; charset=utf-8", Page(api.settings["name"], readings), b""


def escape(text):
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


class Page:
    """A source for the server. The file is read in pieces, so that it is never in memory as a whole.

    readings: (name, value, error, unit) each. The file has every {{slot}} once.
    """

    def __init__(self, name, readings):
        sentence = "Welcome to MicroPython!"
        rows = []
        for sensor, value, error, unit in readings:
            if sensor == "light":
                sentence += " Your light sensor value is: %s" % (value if error is None else "not readable")
            shown = error or "%s %s" % (value, unit)
            row = '<tr><th>%s<td data-sensor="%s">%s\n' % (escape(sensor), escape(sensor), escape(shown))
            rows.append(row.encode())
        self._slots = {
            b"title": [escape(name).encode()],
            b"name": [escape(name).encode()],
            b"sentence": [escape(sentence).encode()],
            b"rows": rows,
        }
        self._at = 0
        self._next = []  # pieces to be sent before more of the file is read
        self.length = os.stat(FILE)[6]
        for slot in self._slots:
            self.length += sum([len(piece) for piece in self._slots[slot]]) - len(slot) - 4

    def piece(self):
        if self._next:
            return self._next.pop(0)
        with open(FILE, "rb") as f:
            f.seek(self._at)
            text = f.read(PIECE)
        slot = text.find(b"{{")
        if slot < 0:
            # A slot may be cut at the end of what was read. No slot goes over the end of a line.
            text = text[: text.rfind(b"\n") + 1]
            self._at += len(text)
            return text or None
        if slot == 0:
            end = text.find(b"}}")
            self._at += end + 2
            self._next = list(self._slots[text[2:end]])
            return self.piece()
        self._at += slot
        return text[:slot]
