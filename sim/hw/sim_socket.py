# socket as on an ESP32: addresses are (ip, port) tuples, and every socket lives on the board's own address.
import errno
import io
from socket import getaddrinfo as _getaddrinfo, inet_ntop, inet_pton, sockaddr, socket as _Socket
from socket import AF_INET, AF_INET6, SOCK_DGRAM, SOCK_RAW, SOCK_STREAM, SOL_SOCKET, SO_REUSEADDR

import world

IPPROTO_TCP, IPPROTO_UDP = 6, 17
IPPROTO_IP, IP_ADD_MEMBERSHIP = 0, 3  # lwIP's numbers
if world.model != "mpython":
    SO_BROADCAST = 0x20

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
        if kind == SOCK_DGRAM:
            self._share_multicast()

    def _share_multicast(self):
        # Many boards share one loopback: each must send from its own address, and all may bind port 5353.
        own = inet_pton(AF_INET, world.address)
        for level, option, value in world.constants["datagram"]:
            self._s.setsockopt(level, option, value)
        self._s.setsockopt(0, world.constants["multicast_if"], own)

    def ioctl(self, request, arg):
        return self._s.fileno() if request == _GET_FILENO else 0

    def bind(self, address):
        ip, port = address[0], address[1]
        if self._kind == SOCK_STREAM and ip in ("", "0.0.0.0"):
            ip = world.address
        self._s.bind(_pack((ip, port)))

    def listen(self, backlog):
        self._s.listen(backlog)

    def accept(self):
        connection, address = self._s.accept()
        return socket(_existing=connection), _unpack(address)

    def connect(self, address):
        self._s.connect(_pack(address))

    def setsockopt(self, level, option, value):
        if level == IPPROTO_IP and option == IP_ADD_MEMBERSHIP:
            option = world.constants["add_membership"]
            value = bytes(value)[:4] + inet_pton(AF_INET, world.address)
        elif level == IPPROTO_IP:
            print("Warning: lwip.setsockopt() option not implemented")
            return
        elif option == 0x20:
            return
        self._s.setsockopt(level, option, value)

    def recvfrom(self, size):
        data, address = self._s.recvfrom(size)
        return data, _unpack(address)

    def sendto(self, data, address):
        return self._s.sendto(data, _pack(address))

    def sendall(self, data):
        view = memoryview(data)
        while view:
            view = view[self._s.send(view) :]

    def recv(self, size):
        return self._s.recv(size)

    def send(self, data):
        return self._s.send(data)

    def read(self, *size):
        return self._s.read(*size)

    def readinto(self, buffer, *size):
        return self._s.readinto(buffer, *size)

    def readline(self, *size):
        return self._s.readline(*size)

    def write(self, data, *size):
        return self._s.write(data, *size)

    def setblocking(self, flag):
        self._s.setblocking(flag)

    def settimeout(self, seconds):
        self._s.settimeout(seconds)

    def makefile(self, *mode):
        return self

    def fileno(self):
        return self._s.fileno()

    def close(self):
        self._s.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()
