# network: one station interface among the simulated WiFi networks. The status codes are those of the real ports. When a
# board cannot join, the mPython port reports "connecting" for ever, and the others report the reason.
import binascii
import time

import world

STA_IF, AP_IF = 0, 1
AUTH_OPEN, AUTH_WPA2_PSK, AUTH_WPA2_ENTERPRISE = 0, 3, 5

# status() by state: idle, connecting, joined without an address, joined, not found, wrong password, refused, lost.
if world.platform == "rp2":
    _CODES = (0, 1, 2, 3, -2, -3, -1, 0)
    STAT_IDLE, STAT_CONNECTING, STAT_GOT_IP = 0, 1, 3
    STAT_CONNECT_FAIL, STAT_NO_AP_FOUND, STAT_WRONG_PASSWORD = -1, -2, -3
elif world.platform == "esp8266":
    _CODES = (0, 1, 1, 5, 3, 2, 4, 1)
    STAT_IDLE, STAT_CONNECTING, STAT_WRONG_PASSWORD, STAT_NO_AP_FOUND, STAT_CONNECT_FAIL, STAT_GOT_IP = range(6)
else:
    _CODES = (1000, 1001, 1001, 1010, 201, 202 if world.mainline else 15, 203, 200)
    STAT_IDLE, STAT_CONNECTING, STAT_GOT_IP = 1000, 1001, 1010
    STAT_BEACON_TIMEOUT, STAT_NO_AP_FOUND, STAT_WRONG_PASSWORD, STAT_ASSOC_FAIL, STAT_HANDSHAKE_TIMEOUT = range(200, 205)
_IDLE, _CONNECTING, _NO_IP, _GOT_IP, _NOT_FOUND, _WRONG, _REFUSED, _LOST = _CODES

_ASSOC_LEAVE = 8
_JOIN_MS, _FAIL_MS, _SCAN_MS = 300, 600, 200


class _Radio:
    # A board has one radio, however many WLAN objects there are.
    active = False
    want = None  # the (ssid, password) to join
    due = 0  # when it is decided whether that works, in ticks
    link = None  # the network that it has joined
    online = False  # whether that network gave it an address
    reason = None  # the status code that says why it has not joined
    hostname = world.host_name
    announced = None  # the host name when the built-in mDNS responder started, for which that answers

    def remember(self):
        # WiFi outlives a soft reset. sim/process.go removes the file before a hard reset, and sim/responder.go, the
        # built-in mDNS responder, reads it.
        world.remember("wifi", {
            "active": self.active, "ssid": self.link and self.link["ssid"], "online": self.online,
            "hostname": self.hostname, "announced": self.announced, "responder": world.port_5353 == "radio",
        })

    def recall(self):
        kept = world.recall("wifi")
        if kept:
            self.active, self.hostname, self.announced = kept["active"], kept["hostname"], kept["announced"]
            self.link = _heard(kept["ssid"])
            if self.link:
                self.want = (self.link["ssid"], self.link["password"])
                self.online = kept["online"]
            if kept["responder"]:
                world.port_5353 = "radio"

    def start(self, on):
        self.active = on
        if on and world.responder == "always":
            self.announced = self.hostname
        if not on:
            self.leave()
        self.remember()

    def join(self, ssid, password):
        self.drop(None)
        self.want = (ssid, password)
        self.due = time.ticks_add(time.ticks_ms(), _FAIL_MS if self.refusal() else _JOIN_MS)

    def refusal(self):
        n = _heard(self.want[0])
        if n is None:
            return _NOT_FOUND
        if n["auth"] == AUTH_WPA2_ENTERPRISE:
            return _REFUSED
        return _WRONG if n["password"] and n["password"] != self.want[1] else None

    def drop(self, reason):
        # An ESP32's mDNS responder releases its port when the network is gone.
        self.reason = reason
        was, self.link, self.online = self.link, None, False
        if world.responder == "address" and world.port_5353 == "radio":
            world.port_5353 = None
        if was:
            self.remember()

    def leave(self):
        reason = self.reason
        if world.platform == "rp2":
            reason = None
        elif self.link or not world.mainline and self.want:
            # The mPython port may replace the reason for the failure by its own disconnection.
            reason = _ASSOC_LEAVE
        self.want = None
        self.drop(reason)

    def settle(self):
        world.look()
        now = time.ticks_ms()
        if self.link:
            self.link = _heard(self.link["ssid"])
            if not self.link:
                self.drop(_LOST)
                self.due = time.ticks_add(now, _FAIL_MS)
                if world.platform == "rp2":
                    self.want = None
                self.remember()
        if not self.want or self.link or time.ticks_diff(now, self.due) < 0:
            return
        self.reason = self.refusal()
        if self.reason:
            # The Pico W does not try again by itself, as the others do.
            self.due = time.ticks_add(now, _FAIL_MS)
            if world.platform == "rp2":
                self.want = None
            return
        self.link = _heard(self.want[0])
        self.online = self.link.get("dhcp", True)
        if self.online and world.responder == "address":
            # The first to bind the port keeps it.
            world.port_5353 = world.port_5353 or "radio"
            self.announced = self.announced or self.hostname
        self.remember()

    def status(self):
        if self.link:
            return _GOT_IP if self.online else _NO_IP
        if self.want and (not world.mainline or self.reason is None):
            return _CONNECTING
        return _IDLE if self.reason is None else self.reason


def _heard(ssid):
    for n in world.networks:
        if n["ssid"] == ssid:
            return n


_radio = _Radio()
world.settle = _radio.settle


class WLAN:
    if world.mainline:
        PM_NONE = 0x10 if world.platform == "rp2" else 0

    def __init__(self, interface=STA_IF):
        self._station = interface == STA_IF

    def active(self, on=None):
        if on is not None and self._station and bool(on) != _radio.active:
            _radio.start(bool(on))
        return self._station and _radio.active

    def scan(self):
        if not _radio.active:
            raise OSError("STA must be active")
        _radio.settle()
        if _radio.want and not _radio.link and world.platform == "esp32":
            raise OSError("Wifi Internal State Error")
        time.sleep_ms(_SCAN_MS)
        found = []
        for i, n in enumerate(world.networks):
            hidden = n.get("hidden", False)
            # The Pico W returns bits: 1 for privacy, 4 for WPA2.
            auth = n["auth"] and 5 if world.platform == "rp2" else n["auth"]
            ssid = b"" if hidden else n["ssid"].encode()
            found.append((ssid, b"\x02\x00\x00\x00\x00" + bytes([i]), n["channel"], n["rssi"], auth, hidden))
        return found

    def connect(self, ssid=None, password=None):
        if not _radio.active:
            raise OSError("WiFi Not Started")
        _radio.join(ssid.decode() if isinstance(ssid, bytes) else ssid, password)

    def disconnect(self):
        _radio.leave()

    def isconnected(self):
        _radio.settle()
        return self._station and _radio.online

    def status(self, what=None):
        _radio.settle()
        if what == "rssi":
            if not _radio.link:
                raise OSError("STA is not connected")
            return _radio.link["rssi"]
        return _radio.status()

    def ifconfig(self):
        ip = world.address if self.isconnected() else "0.0.0.0"
        return (ip, "255.0.0.0", "127.0.0.1", "127.0.0.1") if ip != "0.0.0.0" else (ip,) * 4

    def config(self, *what, **settings):
        for name, value in settings.items():
            if name == "pm" and world.mainline:
                continue
            if name != "dhcp_hostname":
                raise ValueError("unknown config param")
            if not _radio.active:
                raise OSError("TCP/IP IF Not Ready")
            _radio.hostname = value
        if settings:
            return
        if what[0] == "mac":
            return binascii.unhexlify(world.mac)
        if what[0] in ("dhcp_hostname", "hostname"):
            return _radio.hostname
        if what[0] == "essid" or what[0] == "ssid":
            return _radio.link["ssid"] if _radio.online else ""
        raise ValueError("unknown config param")


if world.mainline:

    def hostname(name=None):
        if name is None:
            return _radio.hostname
        _radio.hostname = name


_radio.recall()
