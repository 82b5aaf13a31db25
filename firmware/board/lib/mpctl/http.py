"""HTTP messages: what a request head says, and the bytes of an answer.

An answer is (status, content type, body, more header lines), all but the status bytes.
"""

import json

REASONS = {
    200: b"OK", 400: b"Bad Request", 404: b"Not Found", 405: b"Method Not Allowed", 411: b"Length Required",
    413: b"Content Too Large", 414: b"URI Too Long", 431: b"Request Header Fields Too Large",
    500: b"Internal Server Error", 503: b"Service Unavailable", 505: b"HTTP Version Not Supported",
}
JSON = b"application/json"
BODY_MAX = 65536  # bytes: no request here has a body, but some clients send one


def error(status, text, more=b""):
    """An answer that says what is wrong, as JSON."""
    return status, JSON, (json.dumps({"error": text}) + "\n").encode(), more


class Refused(Exception):
    """A head that is answered with an error."""

    pass


def refuse(status, text, more=b""):
    raise Refused(error(status, text, more))


def parse(head):
    """(path, query, length of the body) of a request head, or Refused."""
    words = head[: head.find(b"\r\n")].split(b" ")
    if len(words) != 3 or not words[2].startswith(b"HTTP/"):
        refuse(400, "not an HTTP request")
    method, target, version = words
    if not version.startswith(b"HTTP/1."):
        refuse(505, "HTTP/1.1 and 1.0 are spoken here")
    length = 0
    low = head.lower()
    if b"\r\ntransfer-encoding:" in low:
        refuse(411, "send no body")
    at = low.find(b"\r\ncontent-length:")
    if at >= 0:
        digits = low[at + 17 : low.find(b"\r\n", at + 2)].strip()
        if not digits.isdigit():
            refuse(400, "content-length is not a number")
        length = int(digits) if len(digits) < 8 else BODY_MAX + 1
    if method not in (b"GET", b"HEAD"):
        refuse(405, "only GET and HEAD are served here", b"Allow: GET, HEAD\r\n")
    if length > BODY_MAX:
        refuse(413, "no request here has a body")
    if target.startswith(b"http://"):
        slash = target.find(b"/", 7)
        target = target[slash:] if slash > 0 else b"/"
    if not target.startswith(b"/"):
        refuse(400, "the path does not start with /")
    try:
        path = target.decode()
    except ValueError:
        refuse(400, "the path is not UTF-8")
    path, _, query = path.partition("?")
    return path, query, length


def message(answer, with_body):
    """The bytes of an answer; a HEAD gets it without the body."""
    status, kind, body, more = answer
    head = b"HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n%s\r\n" % (
        status, REASONS[status], kind, len(body), more,
    )
    return head + body if with_body else head
