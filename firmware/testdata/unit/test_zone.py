from check import equal
from mpctl import answers, dns
from mpctl.zone import records, txt, wire


def test_wire():
    equal(wire(b"desk.local"), b"\x04desk\x05local\x00")


def test_txt():
    equal(txt([]), b"\x00")
    equal(txt(["a=1", ""]), b"\x03a=1\x00")
    equal(txt(["x" * 300]), b"\xff" + b"x" * 255)


def zone():
    return records("desk", "10.0.0.5", [(b"_mpctl._tcp", ["id=1"]), (b"_http._tcp", [])], 80)


def found(name, kind):
    return answers.find(zone(), wire(name), kind)


def test_answers():
    equal([r[2] for r in found(b"desk.local", dns.A)], [b"\x0a\x00\x00\x05"])
    equal([r[1] for r in found(b"desk.local", 28)], [dns.NSEC])  # AAAA
    equal([r[1] for r in found(b"desk._http._tcp.local", dns.ANY)], [dns.SRV, dns.TXT])
    equal([dns.target(r) for r in found(b"_http._tcp.local", dns.PTR)], [wire(b"desk._http._tcp.local")])
    equal(len(found(b"_services._dns-sd._udp.local", dns.PTR)), 2)
    for name in (b"other.local", b"desk", b"_ipp._tcp.local"):
        equal(len(found(name, dns.ANY)), 0)


def test_times_to_live():
    for r in zone():
        equal(dns.lifetime(r), 4500 if r[1] in (dns.PTR, dns.TXT) else 120)
