"""The DNS records of the board: one host and its DNS-SD services (RFC 6763)."""

import struct

from mpctl.dns import A, NSEC, PTR, SRV, TXT


def wire(name):
    """A dotted name as dns.py has names."""
    return b"".join([bytes([len(x)]) + x for x in name.split(b".")]) + b"\0"


def txt(items):
    """TXT data: each item after its length; without items, one empty string (RFC 6763 section 6.1)."""
    data = b""
    for item in items:
        item = item.encode()[:255]
        data += bytes([len(item)]) + item
    return data or b"\0"


def records(name, ip, services, port):
    """The records of name.local at an address. services: (type like b"_http._tcp", TXT items) each. A record stands
    before those that it points at. The name of the last record begins with the board's label."""
    name = name.encode()
    host, kinds = wire(name + b".local"), wire(b"_services._dns-sd._udp.local")
    address = struct.pack(">HHH", 0, 0, port) + host
    found, end = [], [[host, A, bytes([int(n) for n in ip.split(".")]), None]]
    # NSEC lists the types that a name has, so that a dual-stack resolver does not wait for AAAA (RFC 6762 section 6.1).
    end.append([host, NSEC, host + b"\x00\x01\x40", None])
    for kind, items in services:
        service = wire(kind + b".local")
        own = bytes([len(name)]) + name + service
        found.append([kinds, PTR, service, None])
        found.append([service, PTR, own, None])
        found.append([own, SRV, address, None])
        found.append([own, TXT, txt(items), None])
        end.append([own, NSEC, own + b"\x00\x05\x00\x00\x80\x00\x40", None])
    return found + end
