"""DNS messages, RFC 1035 section 4 with the bits of RFC 6762. The reader trusts no packet: it raises ValueError or
IndexError for a malformed one.

Names are bytes as in a packet, never compressed. lower() on them is safe: the lengths in them are below "A".
A record of ours is a list: name, type, data, and the time of its last multicast. Other hosts may have our PTR records
too; all other records are ours alone.
"""

import struct

A, PTR, TXT, SRV, NSEC, ANY = 1, 12, 16, 33, 47, 255
BEFORE_NAME = {PTR: 0, SRV: 6, NSEC: 0}  # bytes of data before the name in them


def lifetime(record):
    """The TTL in seconds, RFC 6762 section 10."""
    return 4500 if record[1] in (PTR, TXT) else 120


def target(record):
    """The name that a record of ours points at; the data of a record without a name in them."""
    return record[2][BEFORE_NAME.get(record[1], 0) :]


def read_name(packet, at):
    """The name at an offset, and the offset behind it."""
    name, n, end = b"", 0, 0
    while packet[at]:
        size = packet[at] + 1
        if size <= 64:
            name += packet[at : at + size]
            at += size
        else:
            # Only backwards, so that no chain of pointers is endless.
            start = (size - 0xC1) << 8 | packet[at + 1]
            if not 0 <= start < at:
                raise ValueError
            end = end or at + 2
            at = start
            size = 16  # counted as so many bytes: no writer needs many pointers, and a board is slow
        n += size
        if n > 254:
            raise ValueError
    return name + b"\0", end or at + 1


def read(packet):
    """The items of a message, one by one as memory is short: (section, name, type, class, TTL, offset and length of the
    data). Section 0 has the questions, without TTL and data, then come answers, authorities and additional records."""
    at = 12
    for section in range(4):
        for _ in range(struct.unpack_from(">H", packet, 4 + 2 * section)[0]):
            name, at = read_name(packet, at)
            kind, cls = struct.unpack_from(">HH", packet, at)
            at += 4
            ttl = size = 0
            if section:
                ttl, size = struct.unpack_from(">IH", packet, at)
                at += 6
            if at + size > len(packet):
                raise ValueError
            yield section, name.lower(), kind, cls, ttl, at, size
            at += size


def data(packet, kind, at, size, fold=bytes.lower):
    """A record's data. A name in them is in full, and in lower case as our names are; fold=bytes keeps its case."""
    end = at + size
    if kind not in BEFORE_NAME:
        return packet[at:end]
    start = at + BEFORE_NAME[kind]
    name, stop = read_name(packet, start)
    if stop > end:
        raise ValueError
    return packet[at:start] + fold(name) + packet[stop:end]


def find(records, packet, item):
    """The one of the records that an item of read() equals, or None."""
    _, name, kind, cls, _, at, size = item
    for r in records:
        if r[0] == name and r[1] == kind and cls & 0x7FFF == 1 and r[2] == data(packet, kind, at, size):
            return r


def write_name(packet, seen, name):
    # Compressed: a name that was written before becomes a pointer.
    while len(name) > 1:
        if name in seen:
            packet.extend(struct.pack(">H", 0xC000 | seen[name]))
            return
        seen[name] = len(packet)
        size = name[0] + 1
        packet.extend(name[:size])
        name = name[size:]
    packet.append(0)


def message(flags, sections, ttl=0xFFFF, flush=0x8000, ident=b"\0\0"):
    """A message of four sections: questions (name, type, class), and three lists of records, with this TTL at most.
    With flush 0, the cache-flush bit is not set and SRV data are not compressed (RFC 6762 section 18.14)."""
    packet = bytearray(ident + struct.pack(">HHHHH", flags, *map(len, sections)))
    seen = {}
    for name, kind, cls in sections[0]:
        write_name(packet, seen, name)
        packet.extend(struct.pack(">HH", kind, cls))
    for records in sections[1:]:
        for r in records:
            name, kind, data, _ = r
            write_name(packet, seen, name)
            packet.extend(struct.pack(">HHIH", kind, 1 if kind == PTR else 1 | flush, min(lifetime(r), ttl), 0))
            at = len(packet)
            size = 0 if kind == PTR else 6 if kind == SRV and flush else len(data)
            packet.extend(data[:size])
            if size < len(data):
                write_name(packet, seen, data[size:])
            struct.pack_into(">H", packet, at - 2, len(packet) - at)
    return packet
