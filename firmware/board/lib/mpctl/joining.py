"""The way onto one of the configured networks: by signal, one after the other, round after round."""

import time

from mpctl import radio
from mpctl.verdicts import VERDICTS

TRY_MS = 15000
VERDICT_MS = 1000  # what status() says sooner may be left from the try before
TRYING_MS, LOOK_MS = 100, 500
PAUSE_MS, LONGEST_PAUSE_MS = 1000, 60000  # between rounds, doubled after each

SAYS = {
    "wrong_password": ("WiFi: not let in.", "Wrong password?"),
    "not_found": ("No such WiFi found:",),
    "no_address": ("WiFi: no address",),
    "refused": ("WiFi: refused by",),
}


class Joining:
    """first is tried before the others, if it is not None. show(*lines) is the screen."""

    def __init__(self, sta, networks, first, show):
        self._sta, self._networks, self._show = sta, networks, show
        self._order = [first] if first else None  # left to try in this round; None: the next one has not begun
        self._resume = None  # when it may begin, ticks
        self._pause = PAUSE_MS
        self.network = None  # that is tried
        self._since = None  # the try began, ticks
        self._linked = False  # in this try the board was let in

    def step(self, now):
        """Go on; the ms until the next look."""
        if self._since is not None:
            verdict = self._verdict(now)
            if verdict is None:
                return TRYING_MS
            self._since = None
            self._tell(verdict)
            if not self._order:
                self._order = None
                self._resume = time.ticks_add(now, self._pause)
                self._pause = min(2 * self._pause, LONGEST_PAUSE_MS)
        if self._order is None:
            left = time.ticks_diff(self._resume, now) if self._resume is not None else 0
            if left > 0:
                return min(left, LOOK_MS)
            self._order = self._by_signal()
        self._connect(self._order.pop(0))
        return TRYING_MS

    def _verdict(self, now):
        # Why the try has failed, None while it may still succeed.
        waited = time.ticks_diff(now, self._since)
        self._linked = self._linked or radio.rssi(self._sta) is not None
        verdict = VERDICTS.get(radio.status(self._sta))
        if verdict and waited > VERDICT_MS:
            return verdict
        if waited <= TRY_MS:
            return None
        if radio.rssi(self._sta) is not None:
            return "no_address"
        # A port that does not say why: with the name on the air, it is most often the password.
        heard = self._heard()
        return "wrong_password" if self._linked or self.network["ssid"].encode() in heard else "not_found"

    def _by_signal(self):
        # The strongest first; last those that are not heard, for they may be hidden.
        if len(self._networks) == 1:
            return list(self._networks)
        heard = self._heard()
        ranked = []
        for i, network in enumerate(self._networks):
            ranked.append((-heard.get(network["ssid"].encode(), -1000), i))
        return [self._networks[i] for _, i in sorted(ranked)]

    def _heard(self):
        # {name as bytes: dBm}. Names need not be UTF-8.
        radio.leave(self._sta)
        heard = {}
        try:
            for found in self._sta.scan():
                ssid = bytes(found[0])
                heard[ssid] = max(found[3], heard.get(ssid, -1000))
        except OSError as e:
            print("mpctl: WiFi: scanning: %s" % e)
        return heard

    def _connect(self, network):
        self.network, self._linked = network, False
        self._show("Joining WiFi", network["ssid"])
        # Some ports are still trying, and refuse to begin anew meanwhile.
        radio.leave(self._sta)
        try:
            self._sta.connect(network["ssid"], network["password"])
        except OSError as e:
            print("mpctl: WiFi: %s" % e)
        # The screen is slow, and scanning was: only now.
        self._since = time.ticks_ms()

    def _tell(self, verdict):
        lines = SAYS[verdict] + (self.network["ssid"],)
        print("mpctl:", *lines)
        self._show(*lines)
