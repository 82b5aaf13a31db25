"""A small HTTP/1.1 server for the loop: GET and HEAD, one answer a connection, everything bounded."""

import gc
import socket
import time

from mpctl import http
from mpctl.connection import AGAIN, HEAD_MAX, Connection

SLOTS = 6  # a board has ten sockets: this leaves the listener, mDNS, the beacon and one to spare
PAUSE_MS = 100


class Server:
    """answer(path, query) -> (status, content type, body, more header lines as bytes).

    The body is bytes, or a source: piece() gives the next bytes to send, None at its end, and b"" for none until
    `wait` ms have passed; `length` is the bytes it has in all, None for an endless stream.
    """

    STREAMS = 3

    def __init__(self, loop, answer, on_client=None):
        self.loop, self.answer, self._on_client = loop, answer, on_client
        self._listener = None
        self._paused = False
        self._clients = []  # oldest first
        self.scratch = bytearray(HEAD_MAX)
        self.view = memoryview(self.scratch)
        self.answered = {}  # how many answers of each status
        loop.every(self._step)

    def listen(self, ip, ports):
        """Listen on the first port that is free: (the address info, the port). OSError when none is."""
        for port in ports:
            info = socket.getaddrinfo(ip, port)
            s = socket.socket()
            try:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                s.bind(info[0][-1])
                s.listen(8)
                s.setblocking(False)
            except OSError as e:
                s.close()
                fault = e
                continue
            self._listener = s
            # Starting up leaves much behind, and little of the heap in one piece for the first client.
            gc.collect()
            self.loop.watch(s, self._accept)
            return info, port
        raise fault

    def close(self):
        for c in list(self._clients):
            c.close()
        if self._listener:
            self.loop.unwatch(self._listener)
            self._listener.close()
            self._listener = None

    def forget(self, connection):
        if connection in self._clients:
            self._clients.remove(connection)

    def count(self, status):
        self.answered[status] = self.answered.get(status, 0) + 1

    def streams_full(self):
        # A reader may have left since the last round.
        for c in [c for c in self._clients if c.endless]:
            c.on_ready(None)
        return len([c for c in self._clients if c.endless]) >= self.STREAMS

    def _accept(self, listener):
        try:
            sock, address = listener.accept()
        except OSError as e:
            if e.args[0] not in AGAIN:
                # No socket is left: asking again at once would only keep the loop busy.
                self._paused = True
                self.loop.unwatch(listener)
                self.loop.within(PAUSE_MS)
            return
        sock.setblocking(False)
        if self._on_client:
            self._on_client(sock, address)
        if len(self._clients) >= SLOTS and not self._evict():
            self._turn_away(sock)
            return
        c = Connection(self, sock)
        self._clients.append(c)
        c.start()

    def _evict(self):
        """Make room: True when there is."""
        # What came in since the last round may complete a head, and then nobody has to go.
        for c in list(self._clients):
            if c.asking:
                c.on_ready(None)
        if len(self._clients) < SLOTS:
            return True
        # Who connected long ago and has not asked yet goes: browsers keep such connections in reserve.
        for c in self._clients:
            if c.spare:
                c.close()
                return True
        return False

    def _turn_away(self, sock):
        self.count(503)
        try:
            sock.readinto(self.scratch)
            sock.send(http.message(http.error(503, "too many clients", http.RETRY), True))
        except OSError:
            pass
        sock.close()

    def _step(self, now):
        wait = 1000
        if self._paused and self._listener:
            self._paused = False
            self.loop.watch(self._listener, self._accept)
        for c in list(self._clients):
            if time.ticks_diff(c.deadline, now) <= 0:
                c.on_time()
        for c in self._clients:
            wait = min(wait, max(0, time.ticks_diff(c.deadline, now)))
        return wait
