"""One client of the server, as a conversation: its head is read, its answer written, what it still sends swallowed."""

import time

from mpctl import http
from mpctl.loop import IN, OUT

HEAD_MAX = 1024  # bytes
HEAD_MS = WRITE_MS = 5000
DRAIN_MS = 1000
AGAIN = (11, 35, 110, 116)  # EAGAIN; and ETIMEDOUT, which older ESP32 ports say when a send would wait
GONE = 104


class Client:
    def __init__(self, server, sock):
        self.sock = sock
        self.asking = True  # its head is not complete
        self.spare = True  # closing it loses no answer
        self.endless = False
        self.idle = False  # there is nothing to send until the deadline
        self.until(HEAD_MS)
        self.talk = _talk(self, server, sock)

    def until(self, ms):
        self.deadline = time.ticks_add(time.ticks_ms(), ms)


def _talk(client, server, sock):
    """A generator of what it has to wait for, IN or OUT; 0 at the end. OSError when the client is gone."""
    head, end = b"", -1
    while end < 0 and len(head) < HEAD_MAX:
        n = _receive(sock, server)
        if n is None:
            yield IN
        else:
            data = bytes(server.view[:n])
            head = head + data if head else data
            end = head.find(b"\r\n\r\n")
    client.asking = client.spare = False
    more = http.BODY_MAX  # bytes of the request that may still come
    try:
        if not 0 <= end < HEAD_MAX:
            raise http.Refused(431 if b"\r\n" in head else 414, "the request is over %d bytes" % HEAD_MAX)
        path, query, length = http.parse(head, end)
        more = max(0, length - (len(head) - end - 4))
        answer = server.answer(path, query)
    except http.Refused as e:
        answer = http.error(*e.args)
    except Exception as e:
        answer = http.error(500, "%s: %s" % (type(e).__name__, e))
    source = None  # gives the rest of the body, piece by piece
    whole = not head.startswith(b"HEAD ")
    if whole and not isinstance(answer[2], bytes):
        if answer[2].length is None and server.streams_full():
            answer = http.error(503, "no more than %d streams" % server.STREAMS, http.RETRY)
        else:
            source = answer[2]
            client.endless = source.length is None
    server.count(answer[0])
    out = memoryview(http.message(answer, whole))
    # A stream may go on for days: what it needs no more must not stay.
    head = answer = data = None
    while out:
        client.until(WRITE_MS)
        while out:
            try:
                n = sock.send(out)
            except OSError as e:
                if e.args[0] not in AGAIN:
                    raise
                n = 0
            if n == len(out):
                break
            if n:
                out = out[n:]
                client.until(WRITE_MS)
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
                client.until(source.wait)
                server.loop.within(source.wait)
                yield IN
                client.idle = False
                more = http.BODY_MAX - (_receive(sock, server) or 0)
    # Closing with input unread would reset the connection and lose the answer on its way.
    client.spare = True
    client.until(DRAIN_MS)
    while more > 0:
        n = _receive(sock, server)
        if n is None:
            yield IN
        else:
            more -= n
    yield 0


def _receive(sock, server):
    # How many bytes are now in the scratch buffer: None for none yet.
    try:
        n = sock.readinto(server.scratch)
    except OSError as e:
        if e.args[0] in AGAIN:
            return None
        raise
    if n == 0:
        raise OSError(GONE)
    return n
