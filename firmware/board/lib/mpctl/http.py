"""HTTP messages: what a request head says, and the bytes of an answer.

An answer is (status, content type, body, more header lines), all but the status and a streamed body as bytes.
"""

import json

REASONS = {
    200: b"OK", 400: b"Bad Request", 404: b"Not Found", 405: b"Method Not Allowed", 411: b"Length Required",
    413: b"Content Too Large", 414: b"URI Too Long", 431: b"Request Header Fields Too Large",
    500: b"Internal Server Error", 503: b"Service Unavailable", 505: b"HTTP Version Not Supported",
}
JSON = b"application/json"
BODY_MAX = 65536  # bytes: no request here has a body, but some clients send one
RETRY = b"Retry-After: 1\r\n"


def error(status, text, more=b""):
    """An answer that says what is wrong, as JSON."""
    return status, JSON, (json.dumps({"error": text}) + "\n").encode(), more


class Refused(Exception):
    """A head that is answered with an error."""

    pass


def refuse(status, text, more=b""):
    raise Refused(error(status, text, more))


def parse(head, end):
    """(path, query, length of the body) of the request head that ends with an empty line at end, or Refused."""
    words = head[: head.find(b"\r\n")].split(b" ")
    if len(words) != 3 or not words[2].startswith(b"HTTP/"):
        refuse(400, "not an HTTP request")
    method, target, version = words
    if not version.startswith(b"HTTP/1."):
        refuse(505, "HTTP/1.1 and 1.0 are spoken here")
    length = _body_length(head[: end + 2].lower())
    if method != b"GET" and method != b"HEAD":
        refuse(405, "only GET and HEAD are served here", b"Allow: GET, HEAD\r\n")
    if length > BODY_MAX:
        refuse(413, "no request here has a body")
    if not target.startswith(b"/"):
        target = _origin(target)
    try:
        path = target.decode()
        if "?" not in path and "%" not in path:
            return path, "", length
        path, _, query = path.partition("?")
        return unquote(path), query, length
    except ValueError:
        refuse(400, "the path is not UTF-8")


def _body_length(head):
    if b"\r\ntransfer-encoding:" in head:
        refuse(411, "send no body")
    at = head.find(b"\r\ncontent-length:")
    if at < 0:
        return 0
    digits = head[at + 17 : head.find(b"\r\n", at + 2)].strip()
    if not digits.isdigit():
        refuse(400, "content-length is not a number")
    return int(digits) if len(digits) < 8 else BODY_MAX + 1


def _origin(target):
    # A proxy's form of the target: http://host/path.
    if target.startswith(b"http://"):
        slash = target.find(b"/", 7)
        return target[slash:] if slash > 0 else b"/"
    refuse(400, "the path does not start with /")


def unquote(text):
    """text with its %XX decoded; what is no such escape stays. ValueError when the result is not UTF-8."""
    pieces = text.split("%")
    if len(pieces) == 1:
        return text
    out = pieces[0].encode()
    for piece in pieces[1:]:
        try:
            out += bytes([int(piece[:2], 16)]) + piece[2:].encode()
        except (ValueError, TypeError):
            out += b"%" + piece.encode()
    return out.decode()


def parameter(query, name):
    """The first value of name in a query, decoded; None when it is not there."""
    for pair in query.split("&"):
        key, _, value = pair.partition("=")
        if key == name:
            return unquote(value.replace("+", " "))
    return None


def message(answer, with_body):
    """The bytes of an answer: its head, and its body where that is bytes and not asked by HEAD."""
    status, kind, body, more = answer
    whole = isinstance(body, bytes)
    length = len(body) if whole else body.length
    head = b"HTTP/1.1 %d %s\r\nContent-Type: %s\r\nConnection: close\r\n%s%s\r\n" % (
        status, REASONS[status], kind, b"" if length is None else b"Content-Length: %d\r\n" % length, more,
    )
    return head + body if with_body and whole else head
