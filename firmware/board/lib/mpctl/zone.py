"""What the board says of itself in DNS: the records of one host and its DNS-SD services (RFC 6763)."""

import struct

from mpctl.dns import A, NSEC, PTR, SRV, TXT


def wire(name):
    """A name with dots as dns.py has it."""
    return b"".join([bytes([len(x)]) + x for x in name.split(b".")]) + b"\0"


def txt(items):
    """TXT data: each item with its length before it, at least one empty string (RFC 6763 section 6.1)."""
    data = b""
    for item in items:
        item = item.encode()[:255]
        data += bytes([len(item)]) + item
    return data or b"\0"


def records(name, ip, services, port):
    """The records of name.local at an address, and of its services: a list of (type like b"_http._tcp", TXT items).
    What points at another record stands before it, and last is one of this name."""
    name = name.encode()
    host, kinds = wire(name + b".local"), wire(b"_services._dns-sd._udp.local")
    where = struct.pack(">HHH", 0, 0, port) + host
    found, end = [], [[host, A, bytes([int(n) for n in ip.split(".")]), None]]
    # NSEC says which types a name of ours has, so that a dual-stack resolver does not wait: RFC 6762 section 6.1.
    end.append([host, NSEC, host + b"\x00\x01\x40", None])
    for kind, items in services:
        service = wire(kind + b".local")
        own = bytes([len(name)]) + name + service
        found.append([kinds, PTR, service, None])
        found.append([service, PTR, own, None])
        found.append([own, SRV, where, None])
        found.append([own, TXT, txt(items), None])
        end.append([own, NSEC, own + b"\x00\x05\x00\x00\x80\x00\x40", None])
    return found + end
