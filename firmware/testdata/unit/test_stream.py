import mpctl.stream
from check import equal, raises
from clock import Clock
from mpctl.stream import Stream, interval


def test_interval():
    equal(interval(None), 1000)
    for text in ("100", "500", "60000"):
        equal(interval(text), int(text))
    for text in ("", "99", "60001", "100000", "-500", "5e2", "500 ", "0x100", "abc"):
        raises(ValueError, interval, text)


def stream(ms):
    mpctl.stream.time = clock = Clock()
    return clock, Stream(ms, lambda: b"{}\n")


def test_first_event_is_at_once():
    _, s = stream(500)
    equal(s.piece(), b"retry: 2000\n\ndata: {}\n\n")
    equal((s.piece(), s.wait), (b"", 500))


def test_pace():
    clock, s = stream(500)
    s.piece()
    for _ in range(10):
        clock.now += 400
        equal((s.piece(), s.wait), (b"", 100))
        clock.now += 100
        equal(s.piece(), b"data: {}\n\n")


def test_missed_events_are_skipped():
    clock, s = stream(500)
    s.piece()
    clock.now += 2100
    equal(s.piece(), b"data: {}\n\n")
    equal((s.piece(), s.wait), (b"", 500))


def test_heartbeat():
    clock, s = stream(60000)
    s.piece()
    for _ in range(3):
        equal((s.piece(), s.wait), (b"", 15000))
        clock.now += 15000
        equal(s.piece(), b":\n\n")
