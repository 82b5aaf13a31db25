from check import equal
from mpctl import dns
from mpctl.zone import Zone, next_name, txt


def test_next_name():
    for name, want in (
        ("desk", "desk-2"), ("desk-2", "desk-3"), ("desk-9", "desk-10"), ("desk-99", "desk-100"), ("desk-1", "desk-2"),
        ("desk-100", "desk-100-2"), ("desk-0", "desk-0-2"), ("desk-02", "desk-02-2"), ("mpy-123456", "mpy-123456-2"),
        ("7", "7-2"), ("a-b", "a-b-2"), ("x" * 24, "x" * 22 + "-2"), ("x" * 22 + "-9", "x" * 21 + "-10"),
        ("x" * 21 + "-yz", "x" * 21 + "-2"),
    ):
        equal((name, next_name(name)), (name, want))


def test_names_go_on():
    name, seen = "x" * 24, set()
    for _ in range(150):
        name = next_name(name)
        seen.add(name)
        equal(len(name) <= 24, True)
    equal(len(seen) > 100, True)


def test_txt():
    equal(txt([]), b"\x00")
    equal(txt(["a=1", ""]), b"\x03a=1\x00")
    equal(txt(["x" * 300]), b"\xff" + b"x" * 255)


def zone():
    return Zone("desk", "10.0.0.5", [(b"_mpctl._tcp", ["id=1"]), (b"_http._tcp", [])], 80)


def kinds(records):
    return [r[1] for r in records]


def test_answers():
    z = zone()
    equal([r[4] for r in z.find(b"desk.local", dns.A)], [b"\x0a\x00\x00\x05"])
    equal(kinds(z.find(b"desk.local", dns.AAAA)), [dns.NSEC])
    equal(kinds(z.find(b"desk._http._tcp.local", dns.ANY)), [dns.SRV, dns.TXT])
    equal([r[5] for r in z.find(b"_http._tcp.local", dns.PTR)], [b"desk._http._tcp.local"])
    equal(len(z.find(b"_services._dns-sd._udp.local", dns.PTR)), 2)
    for name in (b"other.local", b"desk", b"_ipp._tcp.local", b""):
        equal(z.find(name, dns.ANY), [])


def test_what_the_asker_wants_next():
    z = zone()
    equal(kinds(z.additional(z.find(b"_http._tcp.local", dns.PTR))), [dns.SRV, dns.TXT, dns.A])
    equal(kinds(z.additional(z.find(b"desk._http._tcp.local", dns.SRV))), [dns.A])
    equal(z.additional(z.find(b"desk.local", dns.A)), [])


def test_another_name():
    renamed = zone().renamed()
    equal(renamed.name, "desk-2")
    equal(kinds(renamed.find(b"desk-2.local", dns.A)), [dns.A])
    equal(renamed.find(b"desk.local", dns.ANY), [])


def test_goodbye():
    z = zone()
    equal([r for r in z.goodbye() if r[0] == b"_services._dns-sd._udp.local"], [])
    equal([r[0] for r in z.goodbye({b"desk.local"}) if b"desk.local" in (r[0], r[5])], [])
