from check import equal
from mpctl import dns
from mpctl.conflict import next_name, rename
from mpctl.zone import records, wire


def test_next_name():
    for name, want in (
        ("desk", "desk-2"), ("desk-2", "desk-3"), ("desk-9", "desk-10"), ("desk-99", "desk-100"), ("desk-1", "desk-2"),
        ("desk-100", "desk-100-2"), ("desk-0", "desk-0-2"), ("desk-02", "desk-02-2"), ("mpy-123456", "mpy-123456-2"),
        ("7", "7-2"), ("a-b", "a-b-2"), ("x" * 24, "x" * 22 + "-2"), ("x" * 22 + "-9", "x" * 21 + "-10"),
        ("x" * 21 + "-yz", "x" * 21 + "-2"),
    ):
        equal((name, next_name(name)), (name, want))


def test_next_names_in_a_row():
    name, seen = "x" * 24, set()
    for _ in range(150):
        name = next_name(name)
        seen.add(name)
        equal(len(name) <= 24, True)
    equal(len(seen) > 100, True)


def test_rename():
    old = records("desk", "10.0.0.5", [(b"_http._tcp", [])], 80)
    new = rename(old, b"\x04desk", b"\x06desk-2")
    for r in new:
        equal((b"\x04desk" in r[0], b"\x04desk" in dns.target(r)), (False, False))
    equal([r[0] for r in new if r[1] == dns.A], [wire(b"desk-2.local")])
    # The type of the service is the same, and so is the time of its multicast.
    equal(new[0] is old[0], True)
