"""Keeps the board on one of the configured networks, for ever."""

from mpctl import radio, visit

LOOK_MS = 500


class Station:
    """step() blocks only to scan, which it does only without a network. show(*lines) writes on the screen."""

    def __init__(self, networks, name, show):
        self._networks, self._show = networks, show
        self._sta = visit("interface").station(name)
        self._joining = None  # while there is no network
        self._network = None  # the one that was joined last
        self.ip = None

    def release(self):
        """Leave the network, so that a built-in mDNS responder closes its port. Blocks for a second at most."""
        visit("interface").release(self._sta)

    def rssi(self):
        return radio.rssi(self._sta) if self.ip else None

    def ssid(self):
        if not self.ip:
            return None
        try:
            return self._sta.config("essid")
        except (OSError, ValueError, TypeError):
            return self._network and self._network["ssid"]

    def step(self, now):
        """Go on joining. ip is the address afterwards, None without a network. Returns the ms until the next step."""
        if self._sta.isconnected():
            self.ip = self._sta.ifconfig()[0]
            if self._joining:
                self._network, self._joining = self._joining.network, None
            return LOOK_MS
        self.ip = None
        if not self._joining:
            # The last network is tried first.
            self._joining = visit("joining").Joining(self._sta, self._networks, self._network, self._show)
        return self._joining.step(now)
