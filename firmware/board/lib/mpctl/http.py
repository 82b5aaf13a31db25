"""HTTP messages: parses the heads of requests, makes the bytes of answers.

An answer is (status, content type, body, more header lines), all but the status and a streamed body as bytes.
"""

import json

# One string, for a dict takes three times the memory.
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
MAX_BODY = 65536  # bytes: no request needs a body, but some clients send one
RETRY = b"Retry-After: 1\r\n"


class Refused(Exception):
    """Raised for a request that is answered with error(*args)."""


def error(status, text, more=b""):
    """An answer with an error message as JSON."""
    return status, JSON, (json.dumps({"error": text}) + "\n").encode(), more


def parse(head, end):
    """(path, query, length of the body) of a request whose head ends with an empty line at end; or raises Refused."""
    words = head[: head.find(b"\r\n")].split(b" ")
    if len(words) != 3 or not words[2].startswith(b"HTTP/"):
        raise Refused(400, "not an HTTP request")
    if not words[2].startswith(b"HTTP/1."):
        raise Refused(505, "HTTP/1.1 and 1.0 are spoken here")
    length = _body_length(head[: end + 2].lower())
    if words[0] not in (b"GET", b"HEAD"):
        raise Refused(405, "only GET and HEAD are served here", b"Allow: GET, HEAD\r\n")
    if length > MAX_BODY:
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
    return int(digits) if len(digits) < 8 else MAX_BODY + 1


def message(answer, whole):
    """The bytes of an answer: its head, and with whole its body, if that is bytes."""
    status, kind, body, more = answer
    at = REASONS.find(b"%d " % status)
    length = body.length if not isinstance(body, bytes) else len(body)
    if length is not None:
        more += b"Content-Length: %d\r\n" % length
    head = b"HTTP/1.1 %s\r\nContent-Type: %s\r\nConnection: close\r\n%s\r\n" % (
        REASONS[at : REASONS.find(b"\n", at)], kind, more,
    )
    return head + body if whole and isinstance(body, bytes) else head
