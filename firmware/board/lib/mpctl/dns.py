"""DNS messages, RFC 1035 section 4 with RFC 6762's bits. The reader believes nothing that a packet says: ValueError
and IndexError are the packet's fault.

Names are bytes as in a packet, never compressed. lower() on them is safe: the lengths in them are below "A".
A record of ours is a list: name, type, data, and when it was last multicast. All but the PTR are ours alone.
"""

import struct

A, PTR, TXT, SRV, NSEC, ANY = 1, 12, 16, 33, 47, 255
BEFORE_NAME = {PTR: 0, SRV: 6, NSEC: 0}  # bytes of data before the name in them


def life(record):
    """Its ttl in seconds, RFC 6762 section 10."""
    return 4500 if record[1] in (PTR, TXT) else 120


def target(record):
    """The name that a record of ours points at; of one that points nowhere its data."""
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
            # Only backwards: so no chain of pointers is endless.
            start = (size - 0xC1) << 8 | packet[at + 1]
            if not 0 <= start < at:
                raise ValueError
            end = end or at + 2
            at = start
            size = 16  # no writer needs many pointers, and each costs a slow board time
        n += size
        if n > 254:
            raise ValueError
    return name + b"\0", end or at + 1


def read(packet):
    """What is in a message, one by one as memory is short: (section, name, type, class, ttl, offset and length of the
    data). Section 0 has the questions, with neither ttl nor data, then come answers, authorities, additional records."""
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
    """A record's data with the name in them in full, and in lower case as ours are; fold=bytes leaves that."""
    end = at + size
    if kind not in BEFORE_NAME:
        return packet[at:end]
    start = at + BEFORE_NAME[kind]
    name, stop = read_name(packet, start)
    if stop > end:
        raise ValueError
    return packet[at:start] + fold(name) + packet[stop:end]


def own(records, packet, item):
    """Which of the records an item of read() is, None if it is none."""
    _, name, kind, cls, _, at, size = item
    for r in records:
        if r[0] == name and r[1] == kind and cls & 0x7FFF == 1 and r[2] == data(packet, kind, at, size):
            return r


def write_name(packet, seen, name):
    # Compressed: what was written before is a pointer to it.
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
    """A message of four sections: questions (name, type, class), and three times records, with this ttl at most.
    Where flush is 0 caches are not told of it, and SRV data are not compressed (RFC 6762 section 18.14)."""
    packet = bytearray(ident + struct.pack(">HHHHH", flags, *map(len, sections)))
    seen = {}
    for name, kind, cls in sections[0]:
        write_name(packet, seen, name)
        packet.extend(struct.pack(">HH", kind, cls))
    for records in sections[1:]:
        for r in records:
            name, kind, data, _ = r
            write_name(packet, seen, name)
            packet.extend(struct.pack(">HHIH", kind, 1 if kind == PTR else 1 | flush, min(life(r), ttl), 0))
            at = len(packet)
            size = 0 if kind == PTR else 6 if kind == SRV and flush else len(data)
            packet.extend(data[:size])
            if size < len(data):
                write_name(packet, seen, data[size:])
            struct.pack_into(">H", packet, at - 2, len(packet) - at)
    return packet
