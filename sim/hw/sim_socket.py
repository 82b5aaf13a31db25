# socket as on a board: addresses are (ip, port) tuples, and every socket is bound to the board's own address.
import errno
import io
from socket import getaddrinfo as _getaddrinfo, inet_ntop, inet_pton, sockaddr, socket as _Socket
from socket import AF_INET, AF_INET6, SOCK_DGRAM, SOCK_RAW, SOCK_STREAM, SOL_SOCKET, SO_REUSEADDR

import world

IPPROTO_TCP, IPPROTO_UDP = 6, 17
IPPROTO_IP, IP_ADD_MEMBERSHIP = 0, world.add_membership
if world.mainline:
    SO_BROADCAST = 0x20

_AGAIN, _ADDRINUSE, _TIMEDOUT = errno.EAGAIN, errno.EADDRINUSE, errno.ETIMEDOUT
_CLOSE = 4  # MP_STREAM_CLOSE, by which TLS closes the socket beneath
_GET_FILENO = 10  # MP_STREAM_GET_FILENO: lets poll() wait for the real socket beneath


def _pack(address):
    return _getaddrinfo(address[0] or "0.0.0.0", address[1])[0][-1]


def _unpack(raw):
    family_ip_port = sockaddr(raw)
    return (inet_ntop(family_ip_port[0], family_ip_port[1]), family_ip_port[2])


def getaddrinfo(host, port, *hints):
    found = []
    for family, kind, proto, name, address in _getaddrinfo(host, port, AF_INET, SOCK_STREAM):
        found.append((family, kind, proto, "", _unpack(address)))
    return found


class socket(io.IOBase):
    def __init__(self, family=AF_INET, kind=SOCK_STREAM, proto=0, _existing=None):
        self._s = _existing or _Socket(family, kind)
        self._kind = kind
        self._patience = 0
        self._mdns = False
        if kind == SOCK_DGRAM:
            # Many boards share the loopback interface, and all of them may bind port 5353.
            for level, option, value in world.constants["datagram"]:
                self._s.setsockopt(level, option, value)
            self._send_from_own()

    def _send_from_own(self):
        self._s.setsockopt(0, world.constants["multicast_if"], inet_pton(AF_INET, world.address))

    def _fault(self, e):
        # The same error with the board's number.
        code = e.args[0]
        if code == _ADDRINUSE:
            code = world.eaddrinuse
        elif code in (_AGAIN, _TIMEDOUT) and self._patience:
            # The mPython's port counts in steps of 100 ms. A shorter wait ends with EAGAIN there.
            code = world.etimedout if world.mainline or self._patience >= 0.1 else 11
        return OSError(code)

    def ioctl(self, request, arg):
        if request == _CLOSE:
            self.close()
        return self._s.fileno() if request == _GET_FILENO else 0

    def bind(self, address):
        ip, port = address[0], address[1]
        own = self._kind == SOCK_STREAM or port != 5353
        if self._kind == SOCK_DGRAM and port == 5353:
            world.settle()
            if world.port_5353:
                raise OSError(world.eaddrinuse)
        try:
            self._s.bind(_pack((world.address if own and ip in ("", "0.0.0.0") else ip, port)))
        except OSError as e:
            raise self._fault(e)
        if not own:
            self._mdns, world.port_5353 = True, "python"

    def listen(self, backlog):
        self._s.listen(backlog)

    def accept(self):
        try:
            connection, address = self._s.accept()
        except OSError as e:
            raise self._fault(e)
        return socket(_existing=connection), _unpack(address)

    def connect(self, address):
        try:
            self._s.connect(_pack(address))
        except OSError as e:
            raise self._fault(e)

    def setsockopt(self, level, option, value):
        if level == IPPROTO_IP and option == IP_ADD_MEMBERSHIP:
            self._send_from_own()
            try:
                value = bytes(value)[:4] + inet_pton(AF_INET, world.address)
                self._s.setsockopt(0, world.constants["add_membership"], value)
            except OSError as e:
                # lwIP lets a socket join a group twice.
                if e.args[0] != _ADDRINUSE:
                    raise
        elif level == IPPROTO_IP:
            print("Warning: lwip.setsockopt() option not implemented")
        elif option != 0x20:
            self._s.setsockopt(level, option, value)

    def recvfrom(self, size):
        try:
            data, address = self._s.recvfrom(size)
        except OSError as e:
            raise self._fault(e)
        return data, _unpack(address)

    def sendto(self, data, address):
        return self._s.sendto(data, _pack(address))

    def sendall(self, data):
        view = memoryview(data)
        while view:
            view = view[self.send(view) :]

    def recv(self, size):
        try:
            return self._s.recv(size)
        except OSError as e:
            raise self._fault(e)

    def send(self, data):
        try:
            return self._s.send(data)
        except OSError as e:
            raise self._fault(e)

    def _waited(self, result):
        # The unix port returns None after a timeout, as it does when a read would block.
        if result is None and self._patience:
            raise OSError(world.etimedout)
        return result

    def read(self, *size):
        return self._waited(self._s.read(*size))

    def readinto(self, buffer, *size):
        return self._waited(self._s.readinto(buffer, *size))

    def readline(self, *size):
        return self._waited(self._s.readline(*size))

    def write(self, data, *size):
        return self._waited(self._s.write(data, *size))

    def setblocking(self, flag):
        self._patience = 0
        self._s.setblocking(flag)

    def settimeout(self, seconds):
        self._patience = seconds or 0
        self._s.settimeout(seconds)

    def makefile(self, *mode):
        return self

    def fileno(self):
        return self._s.fileno()

    def close(self):
        if self._mdns:
            self._mdns, world.port_5353 = False, None
        self._s.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()
