"""What the board says of itself in DNS: the records of one host and its DNS-SD services (RFC 6763).

A record is as dns.py has it: (name, type, unique, ttl in seconds, prefix, target, suffix).
"""

import struct

from mpctl import dns

HOST_TTL, SERVICE_TTL = 120, 4500  # seconds, RFC 6762 section 10
SERVICES = b"_services._dns-sd._udp.local"


def four_bytes(ip):
    return bytes([int(n) for n in ip.split(".")])


def txt(items):
    """TXT data: each item with its length before it, at least one empty string (RFC 6763 section 6.1)."""
    data = b""
    for item in items:
        item = item.encode()[:255]
        data += bytes([len(item)]) + item
    return data or b"\x00"


class Zone:
    """The records of name.local at an address, and of its services: a list of (type like b"_http._tcp", TXT items)."""

    def __init__(self, name, ip, services, port):
        self._host = name.encode() + b".local"
        self.records = [(self._host, dns.A, True, HOST_TTL, four_bytes(ip), None, b"")]
        where = struct.pack(">HHH", 0, 0, port)
        for kind, items in services:
            service = kind + b".local"
            instance = name.encode() + b"." + service
            self.records += [
                (service, dns.PTR, False, SERVICE_TTL, b"", instance, b""),
                (instance, dns.SRV, True, HOST_TTL, where, self._host, b""),
                (instance, dns.TXT, True, SERVICE_TTL, txt(items), None, b""),
                (SERVICES, dns.PTR, False, SERVICE_TTL, b"", service, b""),
            ]

    def find(self, name, kind):
        """What answers a question: records, or for a name of ours without that type the denial (NSEC)."""
        named = [r for r in self.records if r[0] == name]
        found = [r for r in named if kind == r[1] or kind == dns.ANY]
        if found or not named or not named[0][2]:
            return found
        # NSEC lists the types there are, so that a dual-stack resolver does not wait: RFC 6762 section 6.1.
        bits = bytearray(max([r[1] for r in named]) // 8 + 1)
        for r in named:
            bits[r[1] >> 3] |= 0x80 >> (r[1] & 7)
        return [(name, dns.NSEC, True, HOST_TTL, b"", name, bytes([0, len(bits)]) + bytes(bits))]

    def additional(self, answers):
        """What the asker will want next (RFC 6763 section 12)."""
        more = []
        for r in answers:
            if r[0] != SERVICES and r[1] == dns.PTR:
                more += self.find(r[5], dns.ANY)
            if r[0] != SERVICES and r[1] in (dns.PTR, dns.SRV):
                more += self.find(self._host, dns.A)
        unique = []
        for r in more:
            if r not in answers and r not in unique:
                unique.append(r)
        return unique
