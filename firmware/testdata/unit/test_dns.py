from check import equal, raises
from mpctl import dns

HEADER = b"\x00\x07\x00\x00"


def counts(*numbers):
    return HEADER + b"".join([bytes([0, n]) for n in numbers])


def test_names():
    packet = b"\x04Desk\x05local\x00\x03a.b\xc0\x05\xc0\x0c!"
    equal(dns.read_name(packet, 0), (b"desk.local", 12))
    equal(dns.read_name(packet, 0, False), (b"Desk.local", 12))
    equal(dns.read_name(packet, 12), (b"a\x00b.local", 18))
    equal(dns.read_name(packet, 18), (b"a\x00b.local", 20))
    equal(dns.read_name(b"\x00", 0), (b"", 1))


def test_malformed_names():
    for packet, at in (
        (b"", 0), (b"\x04desk", 0), (b"\x04des", 0), (b"\x01a", 0), (b"\xc0", 0),  # they run out
        (b"\xc0\x00", 0), (b"\x01a\xc0\x00", 0), (b"\x01a\xc0\x02", 2), (b"\xc0\x02\xc0\x00", 2),  # in circles
        (b"\xc0\x02\x00", 0), (b"\xff\xff", 0),  # forward
        (b"\x40" + b"a" * 64 + b"\x00", 0), (b"\x80\x00", 0), (b"\x7f\x00", 0),  # no such labels
    ):
        raises(dns.Malformed, dns.read_name, packet, at)


def test_longest_name():
    label = b"\x3f" + b"a" * 63
    name, _ = dns.read_name(label * 3 + b"\x3d" + b"a" * 61 + b"\x00", 0)
    equal(len(name), 253)
    raises(dns.Malformed, dns.read_name, label * 4 + b"\x00", 0)
    # Longer only by pointers.
    packet = label * 2 + b"\x00" + label * 2 + b"\xc0\x00"
    raises(dns.Malformed, dns.read_name, packet, 129)


def test_many_pointers():
    packet = b"\x00"
    for at in range(100):
        packet += bytes([0xC0, max(0, len(packet) - 2)])
    raises(dns.Malformed, dns.read_name, packet, len(packet) - 2)


def read(packet):
    reader = dns.Reader(packet)
    return [q for q in reader.questions()], [r for r in reader.records()]


def test_message():
    writer = dns.Writer(7, dns.RESPONSE)
    writer.question(b"desk.local", dns.ANY)
    address = (b"desk.local", dns.A, True, 120, b"\x0a\x00\x00\x05", None, b"")
    service = (b"desk._http._tcp.local", dns.SRV, True, 120, b"\x00\x00\x00\x00\x00\x50", b"desk.local", b"")
    writer.record(0, address, 120, True)
    writer.record(2, service, 60, False)
    packet = bytes(writer.bytes())
    reader = dns.Reader(packet)
    equal((reader.ident, reader.flags), (7, dns.RESPONSE))
    equal(list(reader.questions()), [(b"desk.local", dns.ANY, 1)])
    records = list(reader.records())
    equal([r[:5] for r in records], [
        (0, b"desk.local", dns.A, 0x8001, 120), (2, b"desk._http._tcp.local", dns.SRV, 1, 60),
    ])
    equal([reader.data(r) for r in records], [dns.data(address), dns.data(service)])
    equal(packet.count(b"desk"), 2)  # the others are pointers
    for size in range(len(packet)):
        raises(dns.Malformed, read, packet[:size])


def test_counts_that_lie():
    for numbers in ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1), (255, 255, 255, 255)):
        raises(dns.Malformed, read, counts(*numbers))
        raises(dns.Malformed, read, counts(*numbers) + b"\x01a\x00\x00\x01")
    equal(read(counts(0, 0, 0, 0) + b"more"), ([], []))


def test_data_that_lies():
    # A pointer record whose name goes on behind its data.
    packet = counts(0, 1, 0, 0) + b"\x00\x00\x0c\x00\x01\x00\x00\x00\x00\x00\x02\x01a\x00"
    reader = dns.Reader(packet)
    raises(dns.Malformed, reader.data, list(reader.records())[0])
    raises(dns.Malformed, read, counts(0, 1, 0, 0) + b"\x00\x00\x01\x00\x01\x00\x00\x00\x00\x00\x05\x0a\x00\x00\x05")
