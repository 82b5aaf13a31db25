"""A small HTTP/1.1 server for the loop: GET and HEAD, one answer a connection, everything bounded."""

import gc
import sys
import time

from mpctl import http
from mpctl.client import AGAIN, HEAD_MAX, Client

SLOTS = 6  # a board has ten sockets: this leaves the listener, mDNS, the beacon and one to spare
PAUSE_MS = 100


class Server:
    """answer(path, query) -> (status, content type, body, more header lines as bytes). With tell, clients are printed.

    The body is bytes, or a source: piece() gives the next bytes to send, None at its end, and b"" for none until
    `wait` ms have passed; `length` is the bytes it has in all, None for an endless stream.
    """

    STREAMS = 3

    def __init__(self, loop, answer, tell=False):
        self.loop, self.answer, self._tell = loop, answer, tell
        self._listener = None
        self._paused = False
        self._clients = []  # oldest first
        self.scratch = bytearray(HEAD_MAX)
        self.view = memoryview(self.scratch)
        self.answered = {}  # how many answers of each status
        loop.every(self._step)

    def open(self, listener):
        """Serve the clients of a listening socket."""
        self._listener = listener
        listener.setblocking(False)
        # Starting up leaves much behind, and little of the heap in one piece for the first client.
        gc.collect()
        self.loop.watch(listener, self._accept)

    def close(self):
        for client in list(self._clients):
            self._drop(client)
        if self._listener:
            self.loop.close(self._listener)
            self._listener = None

    def count(self, status):
        self.answered[status] = self.answered.get(status, 0) + 1

    def streams_full(self):
        # A reader may have left since the last round.
        for client in list(self._clients):
            if client.endless:
                self._go_on(client)
        return sum([client.endless for client in self._clients]) >= self.STREAMS

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
        if self._tell:
            print("Client address:", address)
            print("Client socket:", sock)
        if len(self._clients) >= SLOTS and not self._evict():
            self._turn_away(sock)
            return
        client = Client(self, sock)
        self._clients.append(client)
        # Most clients have sent their request by now: they need no second round, and no poll().
        self._go_on(client)

    def _go_on(self, client):
        try:
            events = next(client.talk)
            if events:
                self.loop.watch(client.sock, self._ready, events)
                return
        except OSError:
            pass
        except Exception as e:
            # No memory for this answer: the client goes, and its slot is free.
            sys.print_exception(e)
        self._drop(client)

    def _drop(self, client):
        self._clients.remove(client)
        self.loop.close(client.sock)

    def _ready(self, sock):
        for client in self._clients:
            if client.sock is sock:
                self._go_on(client)
                return

    def _evict(self):
        # Make room: True when there is. What happened since the last round may have made some: one has left, or sent the
        # rest of its head. Else who connected long ago and has not asked yet goes: browsers keep such connections in
        # reserve.
        for client in list(self._clients):
            if client in self._clients:  # a new stream looks at the others too
                self._go_on(client)
        if len(self._clients) < SLOTS:
            return True
        for client in self._clients:
            if client.spare:
                self._drop(client)
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
        for client in list(self._clients):
            if time.ticks_diff(client.deadline, now) <= 0:
                if client.idle:
                    self._go_on(client)
                else:
                    self._drop(client)
        for client in self._clients:
            wait = min(wait, max(0, time.ticks_diff(client.deadline, now)))
        return wait
