import mpctl.attempt
from check import equal
from clock import Clock
from mpctl.attempt import Attempt, scan

NETWORK = (b"near", b"", 6, -50, 3, False)
OFFICE = (b"near", b"", 6, -50, 5, False)


class Sys:
    # Stands in for sys: the board is an ESP32.
    platform = "esp32"


class Station:
    """Stands in for the WiFi interface. When the attempt is so many ms old, story(ms) is the state: a number is what
    status() says, "link" a link without an address, "online" an address."""

    def __init__(self, clock, story, air, after):
        self.clock, self.story, self.air, self.after = clock, story, air, after
        self.began = None
        self.scans = 0

    def state(self):
        return self.after if self.began is None else self.story(self.clock.now - self.began)

    def connect(self, ssid, password):
        self.began = self.clock.now

    def disconnect(self):
        self.began = None

    def isconnected(self):
        return self.state() == "online"

    def status(self, what=None):
        state = self.state()
        if what == "rssi":
            if state != "link":
                raise OSError("not connected")
            return -50
        return state if isinstance(state, int) else 1001

    def scan(self):
        self.scans += 1
        return self.air


def attempt(story, heard=None, air=(), after=8, limit=20000):
    # (reason, None when joined; seconds it took; how many scans) of an attempt. after is the status once it was left.
    real = mpctl.attempt.time, mpctl.attempt.sys
    mpctl.attempt.time = clock = Clock()
    mpctl.attempt.sys = Sys
    try:
        sta = Station(clock, story, air, after)
        current = Attempt(sta, b"near", heard, limit)
        if not current.reason:
            current.connect("password")
        began = clock.now
        while not current.joined and not current.reason:
            clock.now += 50
            current.step(clock.ticks_ms())
        return current.reason, (clock.now - began) // 1000, sta.scans
    finally:
        mpctl.attempt.time, mpctl.attempt.sys = real


def test_joined():
    equal(attempt(lambda ms: "online" if ms > 2000 else 1001), (None, 2, 0))


def test_status_has_a_reason():
    for status, reason in (
        (2, "wrong_password"), (15, "wrong_password"), (202, "wrong_password"), (204, "wrong_password"),
        (205, "wrong_password"), (201, "not_found"), (210, "not_found"), (211, "not_found"), (212, "not_found"),
    ):
        equal(attempt(lambda ms: status if ms > 2000 else 1001), (reason, 2, 0))
    for status in (203, 5):
        equal(attempt(lambda ms: status if ms > 2000 else 1001, air=[NETWORK]), ("refused", 2, 1))


def test_status_of_the_attempt_before():
    equal(attempt(lambda ms: 202 if ms < 900 else "online" if ms > 2000 else 1001), (None, 2, 0))


def test_status_after_leaving():
    equal(attempt(lambda ms: 1001, after=15), ("wrong_password", 12, 0))
    equal(attempt(lambda ms: 1001, after=201), ("not_found", 12, 0))


def test_status_has_no_reason():
    equal(attempt(lambda ms: 1001, air=[NETWORK]), ("wrong_password", 12, 1))
    equal(attempt(lambda ms: 1001), ("not_found", 12, 1))
    equal(attempt(lambda ms: 1001, heard={b"near": NETWORK}), ("wrong_password", 12, 0))


def test_hidden():
    equal(attempt(lambda ms: 1001, heard={}), ("not_found", 5, 0))
    equal(attempt(lambda ms: "link" if ms > 4000 else 1001, heard={}), ("no_address", 20, 0))
    # It exists, though no scan hears its name.
    equal(attempt(lambda ms: "link" if 1000 < ms < 2000 else 1001, heard={}), ("wrong_password", 12, 0))


def test_link_without_an_address():
    equal(attempt(lambda ms: "link"), ("no_address", 20, 0))
    equal(attempt(lambda ms: "link", limit=15000), ("no_address", 15, 0))
    equal(attempt(lambda ms: "link" if ms < 6000 else 203), ("refused", 6, 1))


def test_handshake_again_and_again():
    # A link for half of each second. At the end there is a link, but it is too short.
    equal(attempt(lambda ms: "link" if ms % 1000 < 500 else 1001)[0], "wrong_password")
    equal(attempt(lambda ms: "link" if ms % 1000 > 500 else 1001, limit=15900)[0], "wrong_password")


def test_enterprise():
    equal(attempt(lambda ms: "online", heard={b"near": OFFICE}), ("enterprise", 0, 0))
    equal(attempt(lambda ms: 203, air=[OFFICE]), ("enterprise", 1, 1))
    equal(attempt(lambda ms: 1001, air=[OFFICE]), ("enterprise", 12, 1))
    # The reason by status() decides, without a scan.
    equal(attempt(lambda ms: 202, air=[OFFICE]), ("wrong_password", 1, 0))


def test_scan_takes_the_strongest():
    weak = (b"near", b"", 1, -80, 3, False)
    strange = (b"\xff", b"", 1, -70, 0, False)
    for air in ([weak, NETWORK, strange], [strange, NETWORK, weak]):
        equal(scan(Station(Clock(), None, air, 8)), {b"near": NETWORK, b"\xff": strange})
