"""The responder's socket: on port 5353, and in the multicast group."""

import socket
import sys

from mpctl.speaker import PORT


def bind():
    """The socket, on its port. Raises OSError when another responder holds the port."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(socket.getaddrinfo("0.0.0.0", PORT)[0][-1])
        s.setblocking(False)
    except OSError:
        s.close()
        raise
    return s


def join(sock, ip):
    """Join the multicast group on the interface with this address."""
    # Some ports lack the constant: lwIP has one number, Linux another.
    option = getattr(socket, "IP_ADD_MEMBERSHIP", 35 if sys.platform == "linux" else 12)
    try:
        sock.setsockopt(0, option, bytes([224, 0, 0, 251] + [int(n) for n in ip.split(".")]))
    except OSError as e:
        if e.args[0] not in (98, 112):  # a member already: the board has its old address again
            print("mpctl: mDNS: joining the group: %s" % e)
