"""DNS messages, RFC 1035 section 4 with RFC 6762's bits. The reader believes nothing that a packet says.

Names are bytes in lower case, labels joined by dots, without the last dot; a dot inside a label is written \\x00.
A record is (name, type, unique, ttl, prefix, target, suffix): its data are prefix bytes, the name target
(None: no name), suffix bytes.
"""

import struct

A, PTR, TXT, AAAA, SRV, NSEC, ANY = 1, 12, 16, 28, 33, 47, 255
CACHE_FLUSH = UNICAST = 0x8000
RESPONSE = 0x8400
BEFORE_NAME = {PTR: 0, SRV: 6, NSEC: 0}  # bytes of data before the name in them


class Malformed(Exception):
    pass


def read_name(packet, at, fold=True):
    """The name at an offset, and the offset behind it; fold=False leaves the case as it is."""
    labels, size, end = [], 0, None
    while True:
        if at >= len(packet):
            raise Malformed("name runs out of the packet")
        n = packet[at]
        if n == 0:
            return b".".join(labels), (at + 1 if end is None else end)
        if n >= 0xC0:
            if at + 1 >= len(packet):
                raise Malformed("pointer runs out of the packet")
            target = (n & 0x3F) << 8 | packet[at + 1]
            if end is None:
                end = at + 2
            # Only backwards: so no chain of pointers is endless.
            if target >= at:
                raise Malformed("pointer does not go back")
            at = target
            size += 16  # no writer needs many, and each costs a slow board time
        elif n > 63 or at + 1 + n > len(packet):
            raise Malformed("label too long")
        else:
            size += n + 1
            label = packet[at + 1 : at + 1 + n].replace(b".", b"\x00")
            labels.append(label.lower() if fold else label)
            at += n + 1
        if size > 255:
            raise Malformed("name too long")


def wire(name):
    """A name as it stands in a packet, not compressed."""
    if not name:
        return b"\x00"
    return b"".join([bytes([len(x)]) + x.replace(b"\x00", b".") for x in name.split(b".")]) + b"\x00"


class Reader:
    """One message: first all its questions, then its records. Each comes by itself, as memory is short."""

    def __init__(self, packet):
        if len(packet) < 12:
            raise Malformed("shorter than a header")
        self.packet, self._at = packet, 12
        self.ident, self.flags, self._questions = struct.unpack_from(">HHH", packet)
        self.counts = struct.unpack_from(">HHH", packet, 6)

    def questions(self):
        """A generator of (name, type, class)."""
        packet = self.packet
        for _ in range(self._questions):
            name, at = read_name(packet, self._at)
            if at + 4 > len(packet):
                raise Malformed("question cut short")
            self._at = at + 4
            kind, cls = struct.unpack_from(">HH", packet, at)
            yield name, kind, cls

    def records(self):
        """A generator of (section, name, type, class, ttl, offset and length of the data): section 0 for answers,
        1 for authorities, 2 for additional records."""
        packet, at = self.packet, self._at
        for section in (0, 1, 2):
            for _ in range(self.counts[section]):
                name, at = read_name(packet, at)
                if at + 10 > len(packet):
                    raise Malformed("record cut short")
                kind, cls, ttl, size = struct.unpack_from(">HHIH", packet, at)
                at += 10
                if at + size > len(packet):
                    raise Malformed("data cut short")
                yield section, name, kind, cls, ttl, at, size
                at += size

    def data(self, record, fold=True):
        """A record's data with the name in them in full, to be compared with data() of ours."""
        _, _, kind, _, _, at, size = record
        before, packet = BEFORE_NAME.get(kind), self.packet
        if before is None:
            return packet[at : at + size]
        name, end = read_name(packet, at + before, fold)
        if end > at + size:
            raise Malformed("name runs out of its record")
        return packet[at : at + before] + wire(name) + packet[end : at + size]


def data(record):
    """The data of a record of ours, not compressed."""
    return record[4] + (b"" if record[5] is None else wire(record[5])) + record[6]


class Writer:
    """One message. Names are compressed where plain (RFC 6762 18.14 forbids it in SRV data of legacy answers)."""

    def __init__(self, ident, flags, plain_targets=False):
        self._buf = bytearray(struct.pack(">HHHHHH", ident, flags, 0, 0, 0, 0))
        self._counts = [0, 0, 0, 0]
        self._seen = {}
        self._plain = plain_targets

    def name(self, name, compress=True):
        buf = self._buf
        while name:
            known = self._seen.get(name)
            if known is not None and compress:
                buf.extend(struct.pack(">H", 0xC000 | known))
                return
            if known is None and len(buf) < 0x4000:
                self._seen[name] = len(buf)
            dot = name.find(b".")
            label = name if dot < 0 else name[:dot]
            name = b"" if dot < 0 else name[dot + 1 :]
            buf.append(len(label))
            buf.extend(label.replace(b"\x00", b"."))
        buf.append(0)

    def question(self, name, kind, cls=1):
        self._counts[0] += 1
        self.name(name)
        self._buf.extend(struct.pack(">HH", kind, cls))

    def record(self, section, record, ttl, flush):
        """Section 0 answers, 1 authority, 2 additional; ttl in seconds; flush sets the cache-flush bit."""
        name, kind, _, _, prefix, target, suffix = record
        self._counts[1 + section] += 1
        self.name(name)
        buf = self._buf
        buf.extend(struct.pack(">HHIH", kind, 1 | (CACHE_FLUSH if flush else 0), ttl, 0))
        start = len(buf)
        buf.extend(prefix)
        if target is not None:
            self.name(target, not (self._plain and kind == SRV))
        buf.extend(suffix)
        struct.pack_into(">H", buf, start - 2, len(buf) - start)

    def bytes(self):
        struct.pack_into(">HHHH", self._buf, 4, *self._counts)
        return self._buf
