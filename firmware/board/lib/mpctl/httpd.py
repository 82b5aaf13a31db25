"""A small HTTP/1.1 server for the loop: GET and HEAD, one answer a connection, everything bounded."""

import socket
import sys
import time

from mpctl import http
from mpctl.loop import IN, OUT

SLOTS = 6  # a board has ten sockets: this leaves the listener, mDNS, the beacon and one to spare
HEAD_MAX = 1024  # bytes
HEAD_MS = WRITE_MS = 5000
DRAIN_MS = 1000
AGAIN = (11, 35, 110, 116)  # EAGAIN; and ETIMEDOUT, which older ESP32 ports say when a send would wait


class Connection:
    """One client: its head is read, its answer written, what it still sends swallowed, its socket closed."""

    def __init__(self, server, sock):
        self._server, self._sock = server, sock
        self._head = b""
        self._out = None
        self._unread = 0  # bytes of the request that may still come
        self.asking = True  # its head is not complete
        self.until(HEAD_MS)

    def until(self, ms):
        self.deadline = time.ticks_add(time.ticks_ms(), ms)

    def start(self):
        self._guard(self._begin)

    def _begin(self):
        # Most clients have sent their request by now: they need no second round, and no poll().
        if self._read() is None:
            self._server.loop.watch(self._sock, self._on_input)

    def _guard(self, step):
        try:
            step()
        except Exception as e:
            # No memory for this answer: the client goes, and its slot is free.
            sys.print_exception(e)
            self.close()

    def close(self):
        self._server.forget(self)
        self._server.loop.unwatch(self._sock)
        self._sock.close()

    def _on_input(self, sock):
        self._guard(self._read if self.asking else self._swallow)

    def _on_room(self, sock):
        self._guard(self._write)

    def _read(self):
        """Read what is there and, with the head complete, answer. None while more must come."""
        n = self._receive()
        if n is None:
            return None
        if n == 0:
            self.close()
            return False
        data = bytes(self._server.view[:n])
        self._head = head = self._head + data if self._head else data
        end = head.find(b"\r\n\r\n")
        if end < 0 and len(head) < HEAD_MAX:
            return None
        self.asking, self._head = False, b""
        try:
            if end < 0 or end >= HEAD_MAX:
                self._unread = http.BODY_MAX
                http.refuse(414 if b"\r\n" not in head else 431, "the request is over %d bytes" % HEAD_MAX)
            self._unread = http.BODY_MAX
            path, query, length = http.parse(head[: end + 2])
            self._unread = max(0, length - (len(head) - end - 4))
            answer = self._server.answer(path, query)
        except http.Refused as e:
            answer = e.args[0]
        except Exception as e:
            answer = http.error(500, "%s: %s" % (type(e).__name__, e))
        self._server.count(answer[0])
        self._out = memoryview(http.message(answer, not head.startswith(b"HEAD ")))
        self.until(WRITE_MS)
        self._write()
        return True

    def _write(self):
        try:
            sent = self._sock.send(self._out)
        except OSError as e:
            if e.args[0] not in AGAIN:
                self.close()
                return
            sent = 0
        if sent < len(self._out):
            if sent:
                self._out = self._out[sent:]
                self.until(WRITE_MS)
            self._server.loop.watch(self._sock, self._on_room, OUT)
        elif self._unread:
            # Closing with input unread would reset the connection and lose the answer on its way.
            self.until(DRAIN_MS)
            self._server.loop.watch(self._sock, self._on_input, IN)
            self._swallow()
        else:
            self.close()

    def _swallow(self):
        n = self._receive()
        if n is None:
            return
        self._unread -= n
        if n == 0 or self._unread <= 0:
            self.close()

    def _receive(self):
        # Bytes now in the scratch buffer: None for none yet, 0 when the client is gone.
        try:
            return self._sock.readinto(self._server.scratch)
        except OSError as e:
            return None if e.args[0] in AGAIN else 0


class Server:
    """answer(path, query) -> (status, content type, body as bytes, more header lines as bytes)."""

    def __init__(self, loop, answer, on_client=None):
        self.loop, self.answer, self._on_client = loop, answer, on_client
        self._listener = None
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

    def _accept(self, listener):
        try:
            sock, address = listener.accept()
        except OSError:
            # The client has gone again, or no socket is left: the next round tries anew.
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
        # Who connected long ago and has not asked yet makes room: browsers keep such connections in reserve.
        for c in self._clients:
            if c.asking:
                c.close()
                return True
        return False

    def _turn_away(self, sock):
        self.count(503)
        try:
            sock.readinto(self.scratch)
            sock.send(http.message(http.error(503, "too many clients", b"Retry-After: 1\r\n"), True))
        except OSError:
            pass
        sock.close()

    def _step(self, now):
        wait = 1000
        for c in list(self._clients):
            left = time.ticks_diff(c.deadline, now)
            if left <= 0:
                c.close()
            else:
                wait = min(wait, left)
        return wait
