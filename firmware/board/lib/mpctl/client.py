"""One client of the server, as a conversation: read the head, write the answer, discard the rest of the request."""

import time

from mpctl import http
from mpctl.loop import IN, OUT

MAX_HEAD = 1024  # bytes
HEAD_MS = WRITE_MS = 5000
DRAIN_MS = 1000
EAGAIN = (11, 35, 110, 116)  # with ETIMEDOUT, which older ESP32 ports raise when a send would block
CONNRESET = 104


class Client:
    def __init__(self, server, sock):
        self.sock = sock
        self.closable = True  # closing the connection loses no answer
        self.endless = False  # it reads a stream
        self.idle = False  # there is nothing to send before the deadline
        self.expire(HEAD_MS)
        self.talk = _talk(self, server, sock)

    def expire(self, ms):
        self.deadline = time.ticks_add(time.ticks_ms(), ms)


def _talk(client, server, sock):
    """Yields what the conversation waits for: IN, OUT, at its end 0. Raises OSError when the client is gone."""
    head, end = b"", -1
    while end < 0 and len(head) < MAX_HEAD:
        n = _receive(sock, server)
        if n is None:
            yield IN
        else:
            data = bytes(server.view[:n])
            head = head + data if head else data
            end = head.find(b"\r\n\r\n")
    client.closable = False
    more = http.MAX_BODY  # bytes of the request that may still arrive
    try:
        if not 0 <= end < MAX_HEAD:
            raise http.Refused(431 if b"\r\n" in head else 414, "the request is over %d bytes" % MAX_HEAD)
        path, query, length = http.parse(head, end)
        more = max(0, length - (len(head) - end - 4))
        answer = server.answer(path, query)
    except http.Refused as e:
        answer = http.error(*e.args)
    except Exception as e:
        answer = http.error(500, "%s: %s" % (type(e).__name__, e))
    source = None  # has the rest of the body, in pieces
    whole = not head.startswith(b"HEAD ")
    if whole and not isinstance(answer[2], bytes):
        if answer[2].length is None and server.streams_full():
            answer = http.error(503, "no more than %d streams" % server.MAX_STREAMS, http.RETRY)
        else:
            source = answer[2]
            client.endless = source.length is None
    server.count(answer[0])
    out = memoryview(http.message(answer, whole))
    # A stream may last for days: it must not keep memory that it no longer needs.
    head = answer = data = None
    while out:
        client.expire(WRITE_MS)
        while out:
            try:
                n = sock.send(out)
            except OSError as e:
                if e.args[0] not in EAGAIN:
                    raise
                n = 0
            if n == len(out):
                break
            if n:
                out = out[n:]
                client.expire(WRITE_MS)
            yield OUT
        out = None
        while source and not out:
            out = source.piece()
            if out:
                out = memoryview(out)
            elif out is None:
                source = None
            else:
                client.idle = True
                client.expire(source.wait)
                server.loop.wake(source.wait)
                yield IN
                client.idle = False
                more = http.MAX_BODY - (_receive(sock, server) or 0)
    # Closing a socket with unread input resets the connection, and the client would lose the answer.
    client.closable = True
    client.expire(DRAIN_MS)
    while more > 0:
        n = _receive(sock, server)
        if n is None:
            yield IN
        else:
            more -= n
    yield 0


def _receive(sock, server):
    # Returns the number of bytes in the scratch buffer; None when nothing has arrived.
    try:
        n = sock.readinto(server.scratch)
    except OSError as e:
        if e.args[0] in EAGAIN:
            return None
        raise
    if n == 0:
        raise OSError(CONNRESET)
    return n
