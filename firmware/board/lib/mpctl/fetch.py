"""http_get of the tutorial, finished: prints an answer of any size as it arrives, and leaves no socket open.

It speaks HTTP/1.1, as some servers refuse 1.0. Of a redirect it prints the head. Certificates are not checked.
"""

import socket

from mpctl import visit

TIMEOUT_S = 10
BLOCK = 512  # bytes of an answer that are in memory at a time


def http_get(url):
    for _ in range(6):
        location = _get(url)
        if not location:
            return
        url = visit("redirect").join(url, location)
    raise OSError("http_get: more than 5 redirects: " + url)


def _get(url):
    tls, authority, host, port, path = parse(url)
    problem, stream = ["this board has no TLS for"], None
    try:
        if tls:
            try:
                import ssl
            except ImportError:
                import ussl as ssl
        problem[0] = "no address for"
        address = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM)[0][-1]
        problem[0] = "cannot connect to"
        stream = socket.socket()
        stream.settimeout(TIMEOUT_S)
        stream.connect(address)
        problem[0] = "no HTTP answer from"
        if tls:
            stream = ssl.wrap_socket(stream, server_hostname=host)
        request = "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: mpctl\r\nConnection: close\r\n\r\n"
        stream.write((request % (path, authority)).encode())
        return show(stream, problem)
    except Exception as e:
        # The number of a timeout depends on the port.
        why = "nothing came for %d s" % TIMEOUT_S if e.args[0] in (11, 110, 116) else e
        raise OSError("http_get: %s %s: %s" % (problem[0], authority, why))
    finally:
        if stream:
            stream.close()


def parse(url):
    """(TLS or not, host and port as given, host, port, path) of an http or https URL; ValueError for any other text."""
    scheme, _, rest = url.partition("#")[0].partition("://")
    authority = rest.partition("?")[0].partition("/")[0]
    host, _, port = authority.partition(":")
    tls = scheme.lower() == "https"
    port = port or ("443" if tls else "80")
    if not tls and scheme.lower() != "http" or not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError("not an address like http://host:80/page: " + url)
    path = rest[len(authority) :].encode()
    path = "".join([chr(b) if 0x20 < b < 0x7F else "%%%02X" % b for b in path])
    return tls, authority, host, int(port), path if path[:1] == "/" else "/" + path


def show(stream, problem):
    """Print an answer. Returns the Location of a redirect. problem[0] is set to what is wrong in case this raises."""
    status, location = 100, None
    while status < 200:
        line = _line(stream)
        if line[:5] != "HTTP/" or not line[9:12].isdigit():
            raise OSError("it speaks otherwise")
        status = int(line[9:12])
        size, chunked = -1, False
        while True:
            # A long line is read in pieces, the first of which has the name.
            start = line[-1:] == "\n"
            line = _line(stream)
            if not start:
                continue
            if line == "\n":
                break
            name, _, value = line.lower().partition(":")
            if name == "content-length":
                size = int(value)
            elif name == "transfer-encoding":
                chunked = "chunked" in value
            elif name == "location" and status // 100 == 3 and value[-1:] == "\n":
                location = line[9:].strip()
    if location:
        return location
    # recv() returns what has arrived. A TLS stream has only read(), which waits for the whole block.
    read = getattr(stream, "recv", None) or stream.read
    if chunked:
        size = 0
    got, left, held = 0, size, b""
    while chunked or left:
        problem[0] = "incomplete: %d of %s bytes from" % (got, size if size > 0 else "?")
        if not left:
            # The line end of the previous chunk, then the size of this chunk.
            line = stream.readline(BLOCK)
            if not line.strip():
                line = stream.readline(BLOCK)
            try:
                left = int(line.partition(b";")[0], 16)
            except ValueError:
                raise OSError("no chunk follows")
            if not left:
                break
        data = read(min(left, BLOCK) if left > 0 else BLOCK)
        if not data:
            if left > 0:
                raise OSError("it closed the connection")
            break
        if left > 0:
            left -= len(data)
        got += len(data)
        text, held = decode(held + data, True)
        print(text, end="")
    print(decode(held, False)[0], end="")


def _line(stream):
    line = decode(stream.readline(BLOCK), False)[0]
    if not line:
        raise OSError("it closed the connection")
    print(line, end="")
    return line


def decode(data, more):
    """(the text in data, the rest that may be the start of a character if there will be more data). CR LF becomes LF;
    bytes that are not UTF-8 and control characters become \\xNN."""
    out, at = bytearray(), 0
    while at < len(data):
        b = data[at]
        n = 1 + (b == 13) + (b > 0xC1) + (b > 0xDF) + (b > 0xEF)
        c = data[at : at + n]
        if more and len(c) < n:
            break
        try:
            code = ord(c.decode())
        except (ValueError, TypeError):
            code = 0
        if c == b"\r\n":
            c = b"\n"
        elif b != 9 and b != 10:
            # MicroPython decodes overlong forms and surrogates too.
            if not (32, 160, 0x800, 0x10000)[n - 1] <= code < 0x110000 or code == 127 or code >> 11 == 27:
                c, n = b"\\x%02x" % b, 1
        out.extend(c)
        at += n
    return out.decode(), data[at:]
