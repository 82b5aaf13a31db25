"""The beacon answers a UDP question with what the board is. It serves networks that block mDNS, and boards whose own
responder knows nothing of the firmware."""

import json
import socket
import time

PORT = 50353
QUESTION = b"mpctl?"
MAX_RATE = 20  # answers a second: an answer is longer than its question, and a sender's address can be forged
FIELDS = ("name", "id", "fw", "board", "ip", "port")


class Beacon:
    """info() returns the object of /api/info, as a dict."""

    def __init__(self, loop, info):
        self._loop, self._info = loop, info
        self._sock = None
        self._second = time.ticks_ms()
        self._answers = 0  # within that second

    def open(self):
        """Answer from now on, if the port is free."""
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            s.bind(socket.getaddrinfo("0.0.0.0", PORT)[0][-1])
            s.setblocking(False)
        except OSError as e:
            s.close()
            print("mpctl: beacon: port %d: %s" % (PORT, e))
            return
        self._sock = s
        self._loop.watch(s, self._receive)

    def close(self):
        if self._sock:
            self._loop.close(self._sock)
            self._sock = None

    def _receive(self, sock):
        now = time.ticks_ms()
        if not 0 <= time.ticks_diff(now, self._second) < 1000:
            self._second, self._answers = now, 0
        try:
            question, sender = sock.recvfrom(len(QUESTION) + 1)
            if question == QUESTION and self._answers < MAX_RATE:
                self._answers += 1
                info = self._info()
                answer = {key: info[key] for key in FIELDS}
                answer["sensors"] = [sensor["name"] for sensor in info["sensors"]]
                sock.sendto(json.dumps(answer).encode(), sender)
        except (OSError, MemoryError):
            # The network is down or the heap is full: the asker will ask again.
            pass
