"""Joins one of the configured networks: tries the strongest first, then the others, round after round."""

import time

from mpctl import visit

# Forgotten together with this module.
attempt = visit("attempt")

LIMIT_MS = 15000  # for one network: the others wait, and its turn will come again
TRYING_MS, LOOK_MS = 100, 500
PAUSE_MS, MAX_PAUSE_MS = 1000, 60000  # between rounds, doubled after each

MESSAGES = {
    "wrong_password": ("WiFi: not let in.", "Wrong password?"),
    "not_found": ("No such WiFi found:",),
    "no_address": ("WiFi: no address",),
    "enterprise": ("WiFi: needs a user", "name as well:"),
    "refused": ("WiFi: refused by",),
}


class Joining:
    """first, if not None, is the network to try before all others. show(*lines) writes on the screen."""

    def __init__(self, sta, networks, first, show):
        self._sta, self._networks, self._show = sta, networks, show
        self._order = [first] if first else None  # networks left to try in this round; None between rounds
        self._resume = None  # when the next round may begin, ticks
        self._pause = PAUSE_MS
        self._attempt = None
        self.network = None  # the one that is being tried

    def step(self, now):
        """Go on. Returns the ms until the next step."""
        if self._attempt:
            self._attempt.step(now)
            if not self._attempt.reason:
                return TRYING_MS
            self._report(self._attempt.reason)
            self._attempt = None
            if not self._order:
                self._order = None
                self._resume = time.ticks_add(now, self._pause)
                self._pause = min(2 * self._pause, MAX_PAUSE_MS)
        if self._order is None:
            left = time.ticks_diff(self._resume, now) if self._resume is not None else 0
            if left > 0:
                return min(left, LOOK_MS)
            self._order = self._by_signal()
        self._connect(self._order.pop(0))
        return TRYING_MS

    def _by_signal(self):
        # The strongest first. Networks that are not heard come last, for they may be hidden.
        if len(self._networks) == 1:
            return list(self._networks)
        heard = attempt.listen(self._sta)
        ranked = []
        for i, network in enumerate(self._networks):
            found = heard.get(network["ssid"].encode())
            ranked.append((-found[3] if found else 1000, i))
        return [self._networks[i] for _, i in sorted(ranked)]

    def _connect(self, network):
        self.network = network
        # The screen is slow, so it comes before the attempt.
        self._show("Joining WiFi", network["ssid"])
        self._attempt = attempt.Attempt(self._sta, network["ssid"].encode(), None, LIMIT_MS)
        try:
            self._attempt.connect(network["password"])
        except OSError as e:
            print("mpctl: WiFi: %s" % e)

    def _report(self, reason):
        lines = MESSAGES[reason] + (self.network["ssid"],)
        print("mpctl:", *lines)
        self._show(*lines)
