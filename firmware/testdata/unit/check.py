# Assertions for the tests. They are counted, for a test without an assertion tests nothing.
import time

count = 0


def equal(got, want):
    global count
    count += 1
    if got != want:
        raise AssertionError("%r, want %r" % (got, want))


def raises(error, call, *args):
    global count
    count += 1
    try:
        got = call(*args)
    except error as e:
        return e
    raise AssertionError("no %s, but %r" % (error.__name__, got))


class Clock:
    """Stands in for a module's time. It starts shortly before a board's ticks start over."""

    now = (1 << 30) - 2000

    def ticks_ms(self):
        return self.now & ((1 << 30) - 1)

    ticks_add, ticks_diff = staticmethod(time.ticks_add), staticmethod(time.ticks_diff)
