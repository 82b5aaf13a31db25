"""WiFi: scan and join for provisioning (they wait), Station for the loop (it does not)."""

import sys
import time

JOIN_MS = 20000
LINK_MS = 12000  # without being let in by then, an address will not come either
STEADY_MS = 3000  # let in for so long: the password was right
ENTERPRISE = 5  # authmode of scan(): WPA2-Enterprise

# What status() means when joining failed; the same numbers mean other things on other ports.
VERDICTS = {
    "rp2": {-3: "wrong_password", -2: "not_found", -1: "refused"},
    "esp8266": {2: "wrong_password", 3: "not_found", 4: "refused"},
    "esp32": {
        2: "wrong_password", 15: "wrong_password", 202: "wrong_password", 204: "wrong_password", 205: "wrong_password",
        201: "not_found", 210: "not_found", 211: "not_found", 212: "not_found", 203: "refused", 5: "refused",
    },
}.get(sys.platform, {})


def _station():
    import network

    sta = network.WLAN(network.STA_IF)
    sta.active(True)
    try:
        # Power saving loses multicast.
        sta.config(pm=getattr(sta, "PM_NONE", 0xA11140))
    except (OSError, ValueError, TypeError, AttributeError):
        pass
    return sta


def _set_hostname(sta, name):
    import network

    try:
        network.hostname(name)
    except (AttributeError, OSError, ValueError):
        try:
            sta.config(dhcp_hostname=name)
        except (OSError, ValueError, TypeError):
            pass


def _status(sta):
    try:
        return sta.status()
    except (OSError, ValueError, TypeError):
        return None


def _rssi(sta):
    # Answers only while associated: with no address, that tells a missing DHCP from a wrong password.
    try:
        return sta.status("rssi") or None
    except (OSError, ValueError, TypeError):
        return None


def scan():
    """Networks heard, strongest first, one entry a name: {"ssid", "rssi", "channel", "auth"}."""
    best = {}
    for found in _station().scan():
        try:
            ssid = found[0].decode()
        except ValueError:
            continue
        if ssid and (ssid not in best or best[ssid]["rssi"] < found[3]):
            best[ssid] = {"ssid": ssid, "rssi": found[3], "channel": found[2], "auth": found[4]}
    return sorted(best.values(), key=lambda n: -n["rssi"])


def join(ssid, password):
    """Try a network, 20 s at most. The evidence as a dict; "reason" is None when joined, else wrong_password,
    not_found, no_address, enterprise, refused or unknown."""
    sta = _station()
    heard = [n for n in scan() if n["ssid"] == ssid]
    evidence = {
        "joined": False, "ip": None, "seen": bool(heard), "status": None, "reason": None,
        "rssi": heard[0]["rssi"] if heard else None,
        "channel": heard[0]["channel"] if heard else None,
        "auth": heard[0]["auth"] if heard else None,
    }
    if evidence["auth"] == ENTERPRISE:
        evidence["reason"] = "enterprise"
        return evidence
    # An old association would be taken for success: some ports keep its address for two minutes.
    sta.disconnect()
    time.sleep_ms(100)
    sta.connect(ssid, password or "")
    codes = []
    began = time.ticks_ms()
    linked = None  # since when the board is let in
    while True:
        now = time.ticks_ms()
        if sta.isconnected():
            evidence["joined"], evidence["ip"] = True, sta.ifconfig()[0]
            evidence["rssi"] = _rssi(sta) or evidence["rssi"]
            evidence["status"] = _status(sta)
            return evidence
        # Some ports count the handshake in, which a wrong password passes through again and again.
        linked = None if _rssi(sta) is None else now if linked is None else linked
        code = _status(sta)
        if code not in codes:
            codes.append(code)
        waited = time.ticks_diff(now, began)
        if code in VERDICTS or waited > JOIN_MS:
            break
        # Nothing on the air answers to that name, but it may be hidden: some seconds are enough to know.
        if linked is None and waited > (LINK_MS if heard else JOIN_MS // 4):
            break
        time.sleep_ms(50)
    associated = linked is not None and time.ticks_diff(now, linked) > STEADY_MS
    sta.disconnect()
    time.sleep_ms(100)
    codes.append(_status(sta))
    evidence["status"] = codes[-1]
    evidence["reason"] = _reason(bool(heard), associated, codes)
    return evidence


def _reason(seen, associated, codes):
    if associated:
        return "no_address"
    for code in codes:
        if code in VERDICTS:
            return VERDICTS[code]
    if not seen:
        return "not_found"
    # The name is on the air and the board did not get in: ports that mask the code leave this.
    return "wrong_password"


class Station:
    """Keeps the board on one of the configured networks. step() never waits."""

    TRY_MS = 15000
    LOOK_MS = 500

    def __init__(self, networks, name):
        self._networks = networks
        self._next = 0
        self._sta = _station()
        _set_hostname(self._sta, name)
        self._trying_since = None
        self.ip = None

    def release(self):
        """Leave the network, so that the built-in mDNS responder lets go of its port."""
        self._sta.disconnect()

    def rssi(self):
        return _rssi(self._sta) if self.ip else None

    def ssid(self):
        try:
            return self._sta.config("essid") if self.ip else None
        except (OSError, ValueError, TypeError):
            return self._networks[self._next]["ssid"]

    def step(self, now):
        """Go on joining; self.ip is the address, None while there is none. The ms until the next look."""
        if self._sta.isconnected():
            self.ip = self._sta.ifconfig()[0]
            self._trying_since = None
            return self.LOOK_MS
        self.ip = None
        if self._trying_since is None:
            self._connect(now)
        elif time.ticks_diff(now, self._trying_since) > self.TRY_MS:
            self._sta.disconnect()
            self._next = (self._next + 1) % len(self._networks)
            self._connect(now)
        return 100

    def _connect(self, now):
        network = self._networks[self._next]
        self._trying_since = now
        try:
            self._sta.connect(network["ssid"], network.get("password") or "")
        except OSError as e:
            print("mpctl: WiFi: %s" % e)
