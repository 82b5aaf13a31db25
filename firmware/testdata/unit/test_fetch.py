import io

from check import equal, raises
from mpctl import fetch
from mpctl.fetch import decode, parse


def test_address():
    equal(parse("http://desk.local/a/b?c=d#e"), (False, "desk.local", "desk.local", 80, "/a/b?c=d"))
    equal(parse("HTTPS://10.0.0.5:8443"), (True, "10.0.0.5:8443", "10.0.0.5", 8443, "/"))
    equal(parse("https://h?x=/:1")[1:], ("h", "h", 443, "/?x=/:1"))
    equal(parse("http://h:/")[2:], ("h", 80, "/"))
    equal(parse("http://h/汉 \r\n\x1b%20")[4], "/%E6%B1%89%20%0D%0A%1B%20")


def test_no_address():
    for url in ("", "h", "h:80/x", "ftp://h/", "http:/h", "http://", "http://:80/", "http:///x", "http://h:x/"):
        raises(ValueError, parse, url)
    for port in ("0", "65536", "-1", "1.5", "99999999999"):
        raises(ValueError, parse, "http://h:" + port)


def test_text():
    text = "aé汉😀\U0010FFFF\t\n"
    equal(decode(text.encode(), False), (text, b""))
    equal(decode(b"", True), ("", b""))


def test_edges():
    # Wherever the data is cut, the part that is held back comes before the rest.
    data = "é汉\r\n😀".encode() + b"\xff\xe6\xb1("
    for first in range(len(data) + 1):
        for second in range(first, len(data) + 1):
            held, text = b"", ""
            for piece in (data[:first], data[first:second], data[second:]):
                some, held = decode(held + piece, True)
                text += some
                equal(len(held) < 4, True)
            equal(text + decode(held, False)[0], "é汉\n😀\\xff\\xe6\\xb1(")


def test_escapes():
    for data, want in (
        (b"\x00\x07\x08\x0b\x1b\x1f\x7f", "\\x00\\x07\\x08\\x0b\\x1b\\x1f\\x7f"),
        (b"a\rb\r", "a\\x0db\\x0d"),
        (b"\r\r\n", "\\x0d\n"),
        (b"\xc2\x80\xc2\x9f\xc2\xa0", "\\xc2\\x80\\xc2\\x9f\xa0"),
        (b"\x80\xbf\xfe\xff", "\\x80\\xbf\\xfe\\xff"),
        (b"\xc0\x80\xc1\xbf\xe0\x9f\xbf\xf0\x8f\xbf\xbf", "\\xc0\\x80\\xc1\\xbf\\xe0\\x9f\\xbf\\xf0\\x8f\\xbf\\xbf"),
        (b"\xed\x9f\xbf\xed\xa0\x80\xed\xbf\xbf\xee\x80\x80", "\ud7ff\\xed\\xa0\\x80\\xed\\xbf\\xbf\ue000"),
        (b"\xf4\x90\x80\x80\xf5", "\\xf4\\x90\\x80\\x80\\xf5"),
        (b"\xe6\xb1", "\\xe6\\xb1"),
    ):
        equal(decode(data, False)[0], want)


def test_every_pair_of_bytes_is_fit_for_a_screen():
    for a in range(256):
        for b in range(0, 256, 3):
            for c in decode(bytes([a, b]), False)[0]:
                if not (c in "\n\t" or " " <= c < "\x7f" or c >= "\xa0"):
                    raise AssertionError("%r in %r" % (c, bytes([a, b])))
    equal(decode(bytes(range(128, 256)), False)[0].count("\\x"), 128)


class Slow(io.BytesIO):
    # A socket that receives a limited number of bytes at a time.
    def recv(self, size):
        return self.read(min(size, self.limit))


def shown(data, limit=1000):
    # (the printed text, the Location, the problem if it ends too soon) of an answer.
    stream, fault, text = Slow(data), [None], []
    stream.limit = limit
    fetch.print = lambda some, end: text.append(some)
    try:
        location = fetch.show(stream, fault)
    except (OSError, ValueError) as e:
        return "".join(text), str(e), fault[0]
    return "".join(text), location, None


HEAD = "HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + "Transfer-Encoding: chunked\r\n"


def test_bodies():
    body = "é汉\r\n😀"
    size = len(body.encode())
    chunks = "%x\r\n%s\r\n1;x=y\r\n!\r\n0\r\n\r\n" % (size, body)
    counted = HEAD + "Content-Length: %d\r\n" % (size + 1)
    for head, sent in ((HEAD, body + "!"), (counted, body + "!?"), (CHUNKED, chunks)):
        for limit in range(1, 20):
            want = head.replace("\r", "") + "\né汉\n😀!"
            equal(shown((head + "\r\n" + sent).encode(), limit), (want, None, None))


def test_every_end_too_soon():
    for answer in (CHUNKED + "\r\n3\r\nabc\r\n2\r\nde\r\n0", HEAD + "Content-Length: 5\r\n\r\nabcde"):
        start = answer.find("\r\n\r\n") + 4
        for size in range(len(answer) - 1):
            text, why, fault = shown(answer[:size].encode())
            equal((size, isinstance(why, str)), (size, True))
            got = len(text) - text.find("\n\n") - 2
            of = "?" if "chunked" in answer else 5
            equal(fault, None if size < start else "incomplete: %d of %s bytes from" % (got, of))


def test_redirects():
    for status in (301, 302, 303, 307, 308):
        equal(shown(b"HTTP/1.1 %d X\r\nlocation: /x y \r\n\r\nbody" % status)[1], "/x y")
    for head in (
        b"200 X\r\nLocation: /x", b"302 X", b"302 X\r\nLocation:", b"302 X\r\nXLocation: /x",
        b"302 X\r\nLocation: " + b"x" * 600,
    ):
        text, location, _ = shown(b"HTTP/1.1 " + head + b"\r\n\r\nbody")
        equal((location, text[-6:]), (None, "\n\nbody"))


def test_long_lines():
    # Wherever a long line is split, the next piece is neither a name nor the end of the head.
    for size in range(500, 530):
        for more in ("", "Content-Length: 1", "\tContent-Length: 1"):
            head = HEAD + "X: " + "y" * size + more + "\r\n"
            equal(shown((head + "\r\nbody").encode())[0][-6:], "\n\nbody")
