"""Station keeps the board on one of the configured networks, for ever."""

from mpctl import radio, visit

LOOK_MS = 500


class Station:
    """step() waits only for a scan, and scans only while there is no network. show(*lines) is the screen."""

    def __init__(self, networks, name, show):
        self._networks, self._show = networks, show
        self._sta = visit("interface").station(name)
        self._joining = None  # while there is no network
        self._network = None  # that was joined last
        self.ip = None

    def release(self):
        """Leave the network, so that the built-in mDNS responder lets go of its port. At most a second."""
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
        """Go on joining; self.ip is the address, None while there is none. The ms until the next look."""
        if self._sta.isconnected():
            self.ip = self._sta.ifconfig()[0]
            if self._joining:
                self._network, self._joining = self._joining.network, None
            return LOOK_MS
        self.ip = None
        if not self._joining:
            # The same network again, first of all.
            self._joining = visit("joining").Joining(self._sta, self._networks, self._network, self._show)
        return self._joining.step(now)
