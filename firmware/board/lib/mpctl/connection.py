"""One client of the server: its head is read, its answer written, what it still sends swallowed, its socket closed."""

import sys
import time

from mpctl import http
from mpctl.loop import OUT

HEAD_MAX = 1024  # bytes
HEAD_MS = WRITE_MS = 5000
DRAIN_MS = 1000
AGAIN = (11, 35, 110, 116)  # EAGAIN; and ETIMEDOUT, which older ESP32 ports say when a send would wait


class Connection:
    def __init__(self, server, sock):
        self._server, self._sock = server, sock
        self._head = b""
        self._out = None
        self._source = None  # gives the rest of the body, piece by piece
        self._idle = False  # its source has nothing to send for the moment
        self._unread = 0  # bytes of the request that may still come
        self.endless = False
        self.asking = True  # its head is not complete
        self.spare = True  # closing it loses no answer
        self.deadline = time.ticks_add(time.ticks_ms(), HEAD_MS)

    def start(self):
        # Most clients have sent their request by now: they need no second round, and no poll().
        try:
            if self._read() is None:
                self._server.loop.watch(self._sock, self.on_ready)
        except Exception as e:
            self._fail(e)

    def on_ready(self, sock):
        """There is input, or room for output, whichever is waited for."""
        try:
            if self.asking:
                self._read()
            elif self._out:
                self._write()
            else:
                self._swallow()
        except Exception as e:
            self._fail(e)

    def on_time(self):
        """The deadline has passed."""
        try:
            if self._idle:
                self._write()
            else:
                self.close()
        except Exception as e:
            self._fail(e)

    def _fail(self, e):
        # No memory for this answer: the client goes, and its slot is free.
        sys.print_exception(e)
        self.close()

    def close(self):
        self._server.forget(self)
        self._server.loop.unwatch(self._sock)
        self._sock.close()

    def _until(self, ms):
        self.deadline = time.ticks_add(time.ticks_ms(), ms)

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
        self.asking = self.spare = False
        self._head = b""
        self._unread = http.BODY_MAX
        try:
            if end < 0 or end >= HEAD_MAX:
                http.refuse(414 if b"\r\n" not in head else 431, "the request is over %d bytes" % HEAD_MAX)
            path, query, length = http.parse(head, end)
            self._unread = max(0, length - (len(head) - end - 4))
            answer = self._server.answer(path, query)
        except http.Refused as e:
            answer = e.args[0]
        except Exception as e:
            answer = http.error(500, "%s: %s" % (type(e).__name__, e))
        self._answer(answer, not head.startswith(b"HEAD "))
        return True

    def _answer(self, answer, with_body):
        body = answer[2]
        if with_body and not isinstance(body, bytes):
            if body.length is None and self._server.streams_full():
                answer = http.error(503, "no more than %d streams" % self._server.STREAMS, http.RETRY)
            else:
                self.endless, self._source = body.length is None, body
        self._server.count(answer[0])
        self._out = memoryview(http.message(answer, with_body))
        self._until(WRITE_MS)
        self._write()

    def _write(self):
        """Send until all is sent, the client takes no more, or the source is idle."""
        loop, sock = self._server.loop, self._sock
        while self._out or self._refill():
            try:
                sent = sock.send(self._out)
            except OSError as e:
                if e.args[0] not in AGAIN:
                    self.close()
                    return
                sent = 0
            if sent < len(self._out):
                self._idle = False
                if sent:
                    self._out = self._out[sent:]
                    self._until(WRITE_MS)
                loop.watch(sock, self.on_ready, OUT)
                return
            self._out = None
        if self._source:
            loop.watch(sock, self.on_ready)
        elif self._unread:
            # Closing with input unread would reset the connection and lose the answer on its way.
            self._until(DRAIN_MS)
            self.spare = True
            loop.watch(sock, self.on_ready)
            self._swallow()
        else:
            self.close()

    def _refill(self):
        # The next piece of the source; False when it has none, now or for ever.
        source = self._source
        if source is None:
            return False
        piece = source.piece()
        if piece:
            self._out = memoryview(piece)
            self._until(WRITE_MS)
            return True
        self._idle = piece is not None
        if self._idle:
            self._unread = http.BODY_MAX
            self._until(source.wait)
            self._server.loop.within(source.wait)
        else:
            self._source = None
        return False

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
