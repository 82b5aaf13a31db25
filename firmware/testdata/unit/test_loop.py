import socket

import mpctl.loop
from check import equal
from clock import Clock
from mpctl.loop import OUT, Loop


class Quiet:
    # Stands in for sys, and collects the exceptions that the loop prints.
    def __init__(self):
        self.faults = []

    def print_exception(self, e):
        self.faults.append(str(e))


def quiet():
    mpctl.loop.sys = printed = Quiet()
    return printed


def fault(*args):
    raise ValueError("on purpose")


class Waits:
    # Stands in for select and its poll: time passes without any input.
    def __init__(self, clock):
        self.clock, self.waits = clock, []

    def poll(self, ms=None):
        if ms is None:
            return self
        self.clock.now += ms
        self.waits.append(ms)
        return ()


def waits(*steps):
    # The ms that each of three turns waits.
    time, select = mpctl.loop.time, mpctl.loop.select
    mpctl.loop.time = clock = Clock()
    mpctl.loop.select = fake = Waits(clock)
    try:
        loop = Loop()
        for step in steps:
            loop.add(lambda now, step=step: step(loop))
        for _ in range(3):
            loop.turn()
    finally:
        mpctl.loop.time, mpctl.loop.select = time, select
    return fake.waits


def test_steps_return_how_long_they_can_wait():
    equal(waits(lambda loop: 900), [900] * 3)
    equal(waits(lambda loop: 900, lambda loop: 700, lambda loop: 800), [700] * 3)
    equal(waits(lambda loop: 60000), [1000] * 3)


def test_wake_brings_the_steps_forward():
    equal(waits(lambda loop: loop.wake(50) or 900, lambda loop: 900), [50] * 3)
    equal(waits(lambda loop: loop.wake(2000) or 900), [900] * 3)


def test_a_step_that_fails_is_printed_and_stops_nothing():
    printed, loop, calls = quiet(), Loop(), []
    loop.add(fault)
    loop.add(lambda now: calls.append(now) or 0)
    loop.turn()
    loop.turn()
    equal((printed.faults, len(calls)), (["on purpose"] * 2, 2))


def ready():
    # A loop with a socket that can be written to at any time.
    loop = Loop()
    loop.add(lambda now: 0)
    return loop, socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def test_sockets():
    loop, sock = ready()
    called = []
    loop.watch(sock, called.append, OUT)
    loop.turn()
    equal([c is sock for c in called], [True])
    loop.unwatch(sock)
    loop.unwatch(sock)
    loop.turn()
    equal(len(called), 1)
    sock.close()


def test_a_handler_that_fails_is_printed_and_stays():
    printed, (loop, sock) = quiet(), ready()
    loop.watch(sock, fault, OUT)
    loop.turn()
    loop.turn()
    equal(printed.faults, ["on purpose"] * 2)
    sock.close()


def test_a_handler_can_unwatch_another():
    # Both are ready in the same turn; the one that comes first takes the other out.
    printed, (loop, a) = quiet(), ready()
    b = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    called = []

    def handle(sock):
        called.append(sock)
        loop.unwatch(b if sock is a else a)

    loop.watch(a, handle, OUT)
    loop.watch(b, handle, OUT)
    loop.turn()
    equal((len(called), printed.faults), (1, []))
    a.close()
    b.close()
