"""HTTP messages: what a request head says, and the bytes of an answer.

An answer is (status, content type, body, more header lines), all but the status and a streamed body as bytes.
"""

import json

# One string: as a dict it would take thrice the room.
REASONS = b"""200 OK
400 Bad Request
404 Not Found
405 Method Not Allowed
411 Length Required
413 Content Too Large
414 URI Too Long
431 Request Header Fields Too Large
500 Internal Server Error
503 Service Unavailable
505 HTTP Version Not Supported
"""
JSON = b"application/json"
BODY_MAX = 65536  # bytes: no request here has a body, but some clients send one
RETRY = b"Retry-After: 1\r\n"


class Refused(Exception):
    """A head that is answered with error(*args)."""


def error(status, text, more=b""):
    """An answer that says what is wrong, as JSON."""
    return status, JSON, (json.dumps({"error": text}) + "\n").encode(), more


def parse(head, end):
    """(path, query, length of the body) of the request head that ends with an empty line at end, or Refused."""
    words = head[: head.find(b"\r\n")].split(b" ")
    if len(words) != 3 or not words[2].startswith(b"HTTP/"):
        raise Refused(400, "not an HTTP request")
    if not words[2].startswith(b"HTTP/1."):
        raise Refused(505, "HTTP/1.1 and 1.0 are spoken here")
    length = _body_length(head[: end + 2].lower())
    if words[0] not in (b"GET", b"HEAD"):
        raise Refused(405, "only GET and HEAD are served here", b"Allow: GET, HEAD\r\n")
    if length > BODY_MAX:
        raise Refused(413, "no request here has a body")
    try:
        path = words[1].decode()
        if path[0] == "/" and "?" not in path and "%" not in path:
            return path, "", length
        from mpctl import uri

        return uri.split(path) + (length,)
    except (ValueError, IndexError):
        raise Refused(400, "the path does not start with / or is not UTF-8")


def _body_length(head):
    if b"\r\ntransfer-encoding:" in head:
        raise Refused(411, "send no body")
    at = head.find(b"\r\ncontent-length:")
    if at < 0:
        return 0
    digits = head[at + 17 : head.find(b"\r\n", at + 2)].strip()
    if not digits.isdigit():
        raise Refused(400, "content-length is not a number")
    return int(digits) if len(digits) < 8 else BODY_MAX + 1


def message(answer, whole):
    """The bytes of an answer: its head, and its body where that is bytes and not asked by HEAD."""
    status, kind, body, more = answer
    at = REASONS.find(b"%d " % status)
    length = body.length if not isinstance(body, bytes) else len(body)
    if length is not None:
        more += b"Content-Length: %d\r\n" % length
    head = b"HTTP/1.1 %s\r\nContent-Type: %s\r\nConnection: close\r\n%s\r\n" % (
        REASONS[at : REASONS.find(b"\n", at)], kind, more,
    )
    return head + body if whole and isinstance(body, bytes) else head
