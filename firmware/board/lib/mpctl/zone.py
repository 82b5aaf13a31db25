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


def next_name(name):
    """The name to try when this one is another's: desk, desk-2, desk-3. At most 24 characters, as config.py has it."""
    base, number = name, 2
    dash = name.rfind("-")
    digits = name[dash + 1 :]
    # Longer numbers are rather part of the name: the end of a MAC.
    if dash > 0 and len(digits) < 3 and digits.isdigit() and digits[0] != "0":
        base, number = name[:dash], int(digits) + 1
    tail = "-%d" % max(2, number)
    return base[: 24 - len(tail)].rstrip("-") + tail


class Zone:
    """The records of name.local at an address, and of its services: a list of (type like b"_http._tcp", TXT items)."""

    def __init__(self, name, ip, services, port):
        self.name = name
        self._about = ip, services, port
        self._host = name.encode() + b".local"
        self.records = [(self._host, dns.A, True, HOST_TTL, four_bytes(ip), None, b"")]
        # NSEC says which types a name of ours has, so that a dual-stack resolver does not wait: RFC 6762 section 6.1.
        self._denials = {self._host: self._denial(self._host, b"\x40")}
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
            self._denials[instance] = self._denial(instance, b"\x00\x00\x80\x00\x40")

    def _denial(self, name, types):
        return name, dns.NSEC, True, HOST_TTL, b"", name, bytes([0, len(types)]) + types

    def renamed(self):
        """The same under the next name."""
        return Zone(next_name(self.name), *self._about)

    def names(self):
        """The names that nobody else may have."""
        return self._denials

    def find(self, name, kind):
        """What answers a question: records, or for a name of ours without that type the denial (NSEC)."""
        found = [r for r in self.records if r[0] == name and (kind == r[1] or kind == dns.ANY)]
        if not found and name in self._denials:
            found.append(self._denials[name])
        return found

    def own(self, reader, record):
        """The record of ours that a record which was read is, None if it is none."""
        _, name, kind, cls = record[:4]
        if cls & 0x7FFF == 1:
            for r in self.find(name, kind):
                if r[1] == kind and dns.data(r) == reader.data(record):
                    return r
        return None

    def contested(self, name, kind, all_kinds):
        """Whether another's record of that name and type, and not of our data, is a conflict. While a name is only
        claimed, it is with any type: whoever has the name at all was first."""
        if name not in self._denials or kind == dns.NSEC:
            return False
        return all_kinds or [r for r in self.find(name, kind) if r[1] == kind] != []

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

    def goodbye(self, lost=()):
        """The records that end with us. The types of services do not, other boards have them too; nor does what
        carries the names that were lost, which is the winner's now."""
        return [r for r in self.records if r[0] != SERVICES and r[0] not in lost and r[5] not in lost]
