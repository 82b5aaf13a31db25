"""A small HTTP/1.1 server on the loop: GET and HEAD, one answer for each connection, everything bounded."""

import gc
import sys
import time

from mpctl import http
from mpctl.client import EAGAIN, MAX_HEAD, Client

MAX_CLIENTS = 6  # a board has ten sockets: the listener, mDNS and the beacon need three, one is spare
PAUSE_MS = 100


class Server:
    """answer(path, query) returns an answer as http.py has it. With clients, each client is printed.

    The body is bytes, or a source: piece() returns the next bytes to send, None at the end, and b"" when there are none
    before `wait` ms have passed; `length` is the number of bytes, None for an endless stream.
    """

    MAX_STREAMS = 3

    def __init__(self, loop, answer, clients=False):
        self.loop, self.answer, self._verbose = loop, answer, clients
        self._listener = None
        self._paused = False
        self._clients = []  # oldest first
        self.scratch = bytearray(MAX_HEAD)
        self.view = memoryview(self.scratch)
        self.answered = {}  # the number of answers by status
        loop.add(self._step)

    def open(self, listener):
        """Serve the clients of a listening socket."""
        self._listener = listener
        listener.setblocking(False)
        # Starting leaves much garbage, and no large free block for the first client.
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
        # A client may have left since the last round.
        for client in list(self._clients):
            if client.endless:
                self._resume(client)
        return sum([client.endless for client in self._clients]) >= self.MAX_STREAMS

    def _accept(self, listener):
        try:
            sock, address = listener.accept()
        except OSError as e:
            if e.args[0] not in EAGAIN:
                # No socket is left: another try at once would only keep the loop busy.
                self._paused = True
                self.loop.unwatch(listener)
                self.loop.wake(PAUSE_MS)
            return
        sock.setblocking(False)
        if self._verbose:
            print("Client address:", address)
            print("Client socket:", sock)
        if len(self._clients) >= MAX_CLIENTS and not self._evict():
            self._refuse(sock)
            return
        client = Client(self, sock)
        self._clients.append(client)
        # Most clients have sent their request by now. They need no second round, and no poll().
        self._resume(client)

    def _resume(self, client):
        try:
            events = next(client.talk)
            if events:
                self.loop.watch(client.sock, self._ready, events)
                return
        except OSError:
            pass
        except Exception as e:
            # There is no memory for this answer: the client is dropped, and its place is free.
            sys.print_exception(e)
        self._drop(client)

    def _drop(self, client):
        self._clients.remove(client)
        self.loop.close(client.sock)

    def _ready(self, sock):
        for client in self._clients:
            if client.sock is sock:
                self._resume(client)
                return

    def _evict(self):
        # Makes room for a client; True if there is room. A client may have left since the last round, or may be served
        # now. Otherwise the oldest client that has not sent its request goes: browsers keep such connections in
        # reserve.
        for client in list(self._clients):
            if client in self._clients:  # a client that opens a stream may have dropped others
                self._resume(client)
        if len(self._clients) < MAX_CLIENTS:
            return True
        for client in self._clients:
            if client.closable:
                self._drop(client)
                return True
        return False

    def _refuse(self, sock):
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
                    self._resume(client)
                else:
                    self._drop(client)
        for client in self._clients:
            wait = min(wait, max(0, time.ticks_diff(client.deadline, now)))
        return wait
