"""One attempt to join a WiFi network. This module alone decides why an attempt failed, for provisioning and for the
running firmware. A reason is wrong_password, not_found, no_address, enterprise or refused.
"""

import sys
import time

from mpctl import radio

STALE_MS = 1000  # so long, status() may still tell of the attempt before
LINK_MS = 12000  # without a link by then, an address will not come either
HIDDEN_MS = 5000  # the same for a network that the scan did not find
STEADY_MS = 3000  # a link that lasts so long proves the password
LEAVING_MS = 100  # before status() reports the end


def meanings():
    """The reasons by status code. The same code means different things on different ports."""
    return {
        "rp2": {-3: "wrong_password", -2: "not_found", -1: "refused"},
        "esp8266": {2: "wrong_password", 3: "not_found", 4: "refused"},
        "esp32": {
            2: "wrong_password", 15: "wrong_password", 202: "wrong_password", 204: "wrong_password",
            205: "wrong_password", 201: "not_found", 210: "not_found", 211: "not_found", 212: "not_found",
            203: "refused", 5: "refused",
        },
    }.get(sys.platform, {})


def status(sta):
    try:
        return sta.status()
    except (OSError, ValueError, TypeError):
        return None


def scan(sta):
    """{name: entry of sta.scan()}, of equal names the strongest. Names are bytes, which need not be UTF-8."""
    heard = {}
    for network in sta.scan():
        ssid = bytes(network[0])
        if ssid not in heard or heard[ssid][3] < network[3]:
            heard[ssid] = network
    return heard


def listen(sta):
    """Like scan(), for a board without a network. Empty if the scan fails."""
    # An ESP32 that is still trying to join does not scan.
    radio.leave(sta)
    try:
        return scan(sta)
    except OSError as e:
        print("mpctl: WiFi: scanning: %s" % e)
        return {}


class Attempt:
    """In the end joined is True or reason is set. heard: of scan(); None to scan only if the decision needs it."""

    def __init__(self, sta, ssid, heard, limit_ms):
        self._sta, self._ssid, self._heard, self._limit = sta, ssid, heard, limit_ms
        self._meanings = meanings()
        self._verdict = None  # the reason according to status()
        self._linked = None  # the start of the present link, ticks
        self._near = heard is not None and ssid in heard
        self._left = None  # the time at which the board gave up, ticks
        self.status = None
        self.joined = False
        self.reason = "enterprise" if self._near and self._is_enterprise() else None

    def connect(self, password):
        """Begin the attempt. Raises OSError if the port refuses to."""
        # Some ports refuse a new attempt while they still try another.
        radio.leave(self._sta)
        self._began = time.ticks_ms()
        self._sta.connect(self._ssid.decode(), password)

    def step(self, now):
        """Check the state of the attempt. To be called several times a second."""
        if self._left is not None:
            if time.ticks_diff(now, self._left) >= LEAVING_MS:
                self._look()
                self.reason = self._decide()
            return
        if self._sta.isconnected():
            self.joined = True
            return
        if radio.rssi(self._sta) is None:
            self._linked = None
        elif self._linked is None:
            self._linked, self._near = now, True
        waited = time.ticks_diff(now, self._began)
        if waited > STALE_MS:
            self._look()
        if self._verdict or waited > self._patience():
            # Some ports report a link during the handshake, which is repeated with a wrong password.
            self._steady = self._linked is not None and time.ticks_diff(now, self._linked) > STEADY_MS
            # Some ports report the reason only after they stop trying.
            radio.leave(self._sta)
            self._left = now

    def _look(self):
        self.status = status(self._sta)
        self._verdict = self._verdict or self._meanings.get(self.status)

    def _patience(self):
        if self._linked is not None:
            return self._limit
        return LINK_MS if self._near or self._heard is None else HIDDEN_MS

    def _is_enterprise(self):
        # 5 is WPA2-Enterprise; on a Pico W it is plain WPA2.
        network = self._heard.get(self._ssid)
        return network and network[4] == 5 and sys.platform == "esp32"

    def _decide(self):
        if self._steady:
            return "no_address"
        if self._verdict in ("wrong_password", "not_found"):
            return self._verdict
        if self._heard is None:
            self._heard = listen(self._sta)
        if self._is_enterprise():
            return "enterprise"
        # If the port reports no reason and the network is near, the password is the most frequent one.
        return self._verdict or ("wrong_password" if self._near or self._ssid in self._heard else "not_found")
