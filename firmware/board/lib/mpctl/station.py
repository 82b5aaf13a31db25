"""Station keeps the board on one of the configured networks, for ever."""

import time

from mpctl import wifi

TRY_MS = 15000
VERDICT_MS = 1000  # what status() says sooner may be left from the try before
LOOK_MS, TRYING_MS = 500, 100
PAUSE_MS, LONGEST_PAUSE_MS = 1000, 60000  # between rounds, doubled after each

SAYS = {
    "wrong_password": ("WiFi: not let in.", "Wrong password?"),
    "not_found": ("No such WiFi found:",),
    "no_address": ("WiFi: no address",),
    "refused": ("WiFi: refused by",),
}


class Station:
    """step() waits only for a scan, and scans only while there is no network. show(*lines) is the screen."""

    def __init__(self, networks, name, show):
        self._networks, self._show = networks, show
        self._sta = wifi.station(name)
        self._order = None  # what is left to try in this round; None: the next one has not begun
        self._resume = None  # when it may begin, ticks
        self._pause = PAUSE_MS
        self._network = None  # that is tried, or joined
        self._since = None  # the try began, ticks
        self._linked = False  # in this try the board was let in
        self.ip = None

    def release(self):
        """Leave the network, so that the built-in mDNS responder lets go of its port. At most a second."""
        wifi.leave(self._sta)
        for _ in range(20):
            if not self._sta.isconnected():
                break
            time.sleep_ms(50)

    def rssi(self):
        return wifi.rssi(self._sta) if self.ip else None

    def ssid(self):
        if not self.ip:
            return None
        try:
            return self._sta.config("essid")
        except (OSError, ValueError, TypeError):
            return self._network and self._network["ssid"]

    def step(self, now):
        """Go on joining; self.ip is the address, None while there is none. The ms until the next look."""
        if self._sta.isconnected():
            self.ip = self._sta.ifconfig()[0]
            self._order = self._resume = self._since = None
            self._pause = PAUSE_MS
            return LOOK_MS
        if self.ip:
            # The same network again, first of all.
            self.ip = None
            self._order = [self._network] if self._network else None
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
        self._linked = self._linked or wifi.rssi(self._sta) is not None
        verdict = wifi.VERDICTS.get(wifi.status(self._sta))
        if verdict and waited > VERDICT_MS:
            return verdict
        if waited <= TRY_MS:
            return None
        if wifi.rssi(self._sta) is not None:
            return "no_address"
        # A port that does not say why: with the name on the air, it is most often the password.
        heard = self._heard()
        return "wrong_password" if self._linked or self._ssid() in heard else "not_found"

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
        wifi.leave(self._sta)
        heard = {}
        try:
            for found in self._sta.scan():
                ssid = bytes(found[0])
                heard[ssid] = max(found[3], heard.get(ssid, -1000))
        except OSError as e:
            print("mpctl: WiFi: scanning: %s" % e)
        return heard

    def _ssid(self):
        return self._network["ssid"].encode()

    def _connect(self, network):
        self._network, self._linked = network, False
        self._show("Joining WiFi", network["ssid"])
        # Some ports are still trying, and refuse to begin anew meanwhile.
        wifi.leave(self._sta)
        try:
            self._sta.connect(network["ssid"], network["password"])
        except OSError as e:
            print("mpctl: WiFi: %s" % e)
        # The screen is slow, and scanning was: only now.
        self._since = time.ticks_ms()

    def _tell(self, verdict):
        lines = SAYS[verdict] + (self._network["ssid"],)
        print("mpctl:", *lines)
        self._show(*lines)
