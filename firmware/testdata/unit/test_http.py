from check import equal, raises
from mpctl import http, uri


def parse(head):
    head += b"\r\n\r\n"
    return http.parse(head, len(head) - 4)


def refused(head):
    fault = raises(http.Refused, parse, head)
    return fault.args[0]


def test_targets():
    for target, want in (
        (b"/", ("/", "")), (b"/api/read?x=1&y=%20", ("/api/read", "x=1&y=%20")), (b"/a%20b%2fc", ("/a b/c", "")),
        (b"/%e6%b1%89", ("/汉", "")), (b"http://desk.local/x?y", ("/x", "y")), (b"http://desk.local", ("/", "")),
    ):
        equal(parse(b"GET " + target + b" HTTP/1.1"), want + (0,))


def test_refusals():
    for head, status in (
        (b"", 400), (b"GET /", 400), (b"GET / x HTTP/1.1", 400), (b"GET  HTTP/1.1", 400), (b"GET / http/1.1", 400),
        (b"GET x HTTP/1.1", 400), (b"GET https://h/ HTTP/1.1", 400), (b"GET /%ff HTTP/1.1", 400),
        (b"GET /\xff HTTP/1.1", 400),
        (b"GET / HTTP/2.0", 505), (b"POST / HTTP/1.1", 405), (b"get / HTTP/1.1", 405),
    ):
        equal((head, refused(head)), (head, status))


def test_bodies():
    get = b"GET / HTTP/1.1\r\n"
    equal(parse(get + b"CONTENT-LENGTH:  12 ")[2], 12)
    equal(parse(get + b"X-Content-Length: 12")[2], 0)
    equal(refused(get + b"Content-Length: 65537"), 413)
    equal(refused(get + b"Content-Length: 99999999999999999999"), 413)
    for length in (b"", b"-1", b"1.5", b"0x1", b"1 2"):
        equal(refused(get + b"Content-Length: " + length), 400)
    equal(refused(get + b"transfer-encoding: chunked"), 411)


def test_unquote():
    for text, want in (
        ("", ""), ("a+b", "a+b"), ("%41%5a", "AZ"), ("%E6%b1%89", "汉"), ("%", "%"), ("%4", "\x04"), ("%zz", "%zz"),
        ("%%41", "%A"), ("100%25", "100%"), ("汉%20", "汉 "),
    ):
        equal((text, uri.unquote(text)), (text, want))
    raises(ValueError, uri.unquote, "%ff")


def test_parameter():
    query = "a=1&b=x+y%26&a=2&c&d=&e=f=g"
    for name, want in (("a", "1"), ("b", "x y&"), ("c", ""), ("d", ""), ("e", "f=g"), ("x", None), ("", None)):
        equal((name, uri.parameter(query, name)), (name, want))


class Streamed:
    length = None


class Long:
    length = 12


def test_message():
    head = b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nConnection: close\r\n"
    whole = (200, b"a/b", b"body", b"")
    equal(http.message(whole, True), head + b"Content-Length: 4\r\n\r\nbody")
    equal(http.message(whole, False), head + b"Content-Length: 4\r\n\r\n")
    equal(http.message((200, b"a/b", Streamed(), b"X: y\r\n"), True), head + b"X: y\r\n\r\n")
    equal(http.message((200, b"a/b", Long(), b""), True), head + b"Content-Length: 12\r\n\r\n")


def test_error():
    status, kind, body, more = http.error(405, 'a "b"', b"Allow: GET\r\n")
    equal((status, kind, body, more), (405, b"application/json", b'{"error": "a \\"b\\""}\n', b"Allow: GET\r\n"))
