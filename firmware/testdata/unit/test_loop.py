import socket
import sys
import time

from check import equal
from mpctl.loop import OUT, Loop


class Quiet:
    # The faults that the loop tells of.
    def __init__(self):
        self.faults = []

    def print_exception(self, e):
        self.faults.append(str(e))


def quiet():
    import mpctl.loop

    mpctl.loop.sys = said = Quiet()
    return said


def pair():
    # Two UDP sockets, the first connected to the second.
    a, b = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    b.bind(socket.getaddrinfo("127.0.0.1", 0)[0][-1])
    return a, b


def fault(*args):
    raise ValueError("on purpose")


def test_steps_say_how_long_they_can_wait():
    loop, calls = Loop(), []

    def step(now):
        calls.append(now)
        return 0

    loop.every(step)
    loop.turn()
    loop.turn()
    equal(len(calls), 2)


def test_within_brings_the_steps_forward():
    loop, calls = Loop(), []

    def first(now):
        return 60000

    def second(now):
        calls.append(now)
        loop.within(0)
        return 60000

    loop.every(first)
    loop.every(second)
    for _ in range(3):
        loop.turn()
    equal(len(calls), 3)


def test_a_step_that_fails_is_told_and_stops_nothing():
    said, loop, calls = quiet(), Loop(), []
    loop.every(fault)
    loop.every(lambda now: calls.append(now) or 0)
    loop.turn()
    loop.turn()
    equal((said.faults, len(calls)), (["on purpose"] * 2, 2))


def ready():
    # A loop with a socket that can be written to at any time.
    loop = Loop()
    loop.every(lambda now: 0)
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


def test_a_handler_that_fails_is_told_and_stays():
    said, (loop, sock) = quiet(), ready()
    loop.watch(sock, fault, OUT)
    loop.turn()
    loop.turn()
    equal(said.faults, ["on purpose"] * 2)
    sock.close()


def test_a_handler_can_unwatch_another():
    # Both are ready in the same turn; the one that comes first takes the other out.
    loop, a = ready()
    b = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    called = []

    def handle(sock):
        called.append(sock)
        loop.unwatch(b if sock is a else a)

    loop.watch(a, handle, OUT)
    loop.watch(b, handle, OUT)
    loop.turn()
    equal(len(called), 1)
    a.close()
    b.close()
