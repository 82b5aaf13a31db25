from check import equal, raises
from mpctl import dns

FAULTS = (ValueError, IndexError)
DESK = b"\x04desk\x05local\x00"
HTTP = b"\x04desk\x05_http\x04_tcp\x05local\x00"


def counts(*numbers):
    return b"\x00\x07\x00\x00" + b"".join([bytes([0, n]) for n in numbers])


def malformed(packet):
    raises(FAULTS, list, dns.read(packet))


def test_names():
    packet = b"\x04Desk\x05local\x00\x03a.b\xc0\x05\xc0\x0c!"
    equal(dns.read_name(packet, 0), (b"\x04Desk\x05local\x00", 12))
    equal(dns.read_name(packet, 12), (b"\x03a.b\x05local\x00", 18))
    equal(dns.read_name(packet, 18), (b"\x03a.b\x05local\x00", 20))
    equal(dns.read_name(b"\x00", 0), (b"\x00", 1))


def test_malformed_names():
    for packet, at in (
        (b"", 0), (b"\x04desk", 0), (b"\x04des", 0), (b"\x01a", 0), (b"\xc0", 0),  # cut short
        (b"\xc0\x00", 0), (b"\x01a\xc0\x00", 0), (b"\x01a\xc0\x02", 2), (b"\xc0\x02\xc0\x00", 2),  # circular
        (b"\xc0\x02\x00", 0), (b"\xff\xff", 0),  # forward
        (b"\x40" + b"a" * 64 + b"\x00", 0), (b"\x80\x00", 0), (b"\x7f\x00", 0),  # reserved label types
    ):
        raises(FAULTS, dns.read_name, packet, at)


def test_longest_name():
    label = b"\x3f" + b"a" * 63
    name, _ = dns.read_name(label * 3 + b"\x3d" + b"a" * 61 + b"\x00", 0)
    equal(len(name), 255)
    raises(FAULTS, dns.read_name, label * 4 + b"\x00", 0)
    # The name is too long only with its pointers.
    packet = label * 2 + b"\x00" + label * 2 + b"\xc0\x00"
    raises(FAULTS, dns.read_name, packet, 129)


def test_many_pointers():
    packet = b"\x00"
    for at in range(100):
        packet += bytes([0xC0, max(0, len(packet) - 2)])
    raises(FAULTS, dns.read_name, packet, len(packet) - 2)


def test_message():
    address = [DESK, dns.A, b"\x0a\x00\x00\x05", None]
    service = [HTTP, dns.SRV, b"\x00\x00\x00\x00\x00\x50" + DESK, None]
    packet = bytes(dns.message(0x8400, ([(DESK, dns.ANY, 1)], [address], (), [service]), 60))
    equal(packet[:4], b"\x00\x00\x84\x00")
    items = list(dns.read(packet))
    equal([item[:5] for item in items], [
        (0, DESK, dns.ANY, 1, 0), (1, DESK, dns.A, 0x8001, 60), (3, HTTP, dns.SRV, 0x8001, 60),
    ])
    equal([dns.find([address, service], packet, item) for item in items[1:]], [address, service])
    equal(packet.count(b"desk"), 2)  # the other names are pointers
    for size in range(12, len(packet)):
        malformed(packet[:size])


def test_legacy_message():
    # No cache-flush bit, and no compression in SRV data.
    service = [HTTP, dns.SRV, b"\x00\x00\x00\x00\x00\x50" + DESK, None]
    packet = bytes(dns.message(0x8400, ([(DESK, dns.A, 1)], [service], (), ()), 10, 0, b"\x12\x34"))
    equal(packet[:2], b"\x12\x34")
    equal(list(dns.read(packet))[1][3:5], (1, 10))
    equal(packet.count(b"\x04desk"), 3)


def test_wrong_counts():
    for numbers in ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1), (255, 255, 255, 255)):
        malformed(counts(*numbers))
        malformed(counts(*numbers) + b"\x01a\x00\x00\x01")
    equal(list(dns.read(counts(0, 0, 0, 0) + b"more")), [])


def test_wrong_length_of_data():
    # A PTR record whose name continues after its data.
    packet = counts(0, 1, 0, 0) + b"\x00\x00\x0c\x00\x01\x00\x00\x00\x00\x00\x02\x01a\x00"
    kind, at, size = [list(dns.read(packet))[0][i] for i in (2, 5, 6)]
    raises(FAULTS, dns.data, packet, kind, at, size)
    malformed(counts(0, 1, 0, 0) + b"\x00\x00\x01\x00\x01\x00\x00\x00\x00\x00\x05\x0a\x00\x00\x05")
