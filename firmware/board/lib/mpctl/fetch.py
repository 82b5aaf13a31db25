"""http_get of the tutorial, finished: any port, any path, whole characters, and no socket left open."""

import socket

TIMEOUT_S = 10


def parse(url):
    """(tls, host, port, path) of an http or https URL; ValueError for anything else."""
    scheme, found, rest = url.partition("://")
    if scheme not in ("http", "https") or not found:
        raise ValueError("not an http:// or https:// address: " + url)
    rest = rest.partition("#")[0]
    host, slash, path = rest.partition("/")
    host, colon, port = host.partition(":")
    tls = scheme == "https"
    if colon and not (port.isdigit() and 0 < int(port) < 65536):
        raise ValueError("the port is not a number from 1 to 65535: " + url)
    if not host:
        raise ValueError("no host in the address: " + url)
    return tls, host, int(port) if colon else 443 if tls else 80, "/" + path


def http_get(url):
    tls, host, port, path = parse(url)
    try:
        address = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)[0][-1]
    except (OSError, IndexError):
        raise OSError("http_get: no address found for " + host)
    s = socket.socket()
    fault = "cannot connect to"
    try:
        s.settimeout(TIMEOUT_S)
        s.connect(address)
        fault = "no answer from"
        stream = _wrap(s, host) if tls else s
        where = host if port in (80, 443) else "%s:%d" % (host, port)
        stream.write(("GET %s HTTP/1.0\r\nHost: %s\r\n\r\n" % (path, where)).encode())
        rest = b""
        while True:
            data = stream.read(100) if tls else stream.recv(100)
            if not data:
                break
            fault = "cut short by"
            text, rest = decode(rest + data)
            print(text, end="")
        print("?" if rest else "", end="")
        if fault == "no answer from":
            raise OSError("it closed the connection")
    except OSError as e:
        raise OSError("http_get: %s %s port %d: %s" % (fault, host, port, e))
    finally:
        s.close()


def _wrap(s, host):
    try:
        import ussl as ssl
    except ImportError:
        import ssl
    return ssl.wrap_socket(s, server_hostname=host)


def decode(data):
    """The text in data, and the bytes at the end that are the start of a character. What is no UTF-8 becomes ?."""
    keep = 0
    for back in range(1, min(3, len(data)) + 1):
        b = data[-back]
        if b >= 0xC0:
            if back < (2 if b < 0xE0 else 3 if b < 0xF0 else 4):
                keep = back
            break
        if b < 0x80:
            break
    whole, rest = data[: len(data) - keep], data[len(data) - keep :]
    try:
        return whole.decode(), rest
    except ValueError:
        # Character by character: what is wrong must not take its neighbours along.
        text, at = "", 0
        while at < len(whole):
            b = whole[at]
            size = 1 if b < 0xC0 else 2 if b < 0xE0 else 3 if b < 0xF0 else 4
            try:
                text += whole[at : at + size].decode()
            except ValueError:
                text, size = text + "?", 1
            at += size
        return text, rest
