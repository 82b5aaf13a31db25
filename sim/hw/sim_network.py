# network: one station interface on the simulated air. Status codes and their masking as facts/boards.md has them:
# the mPython port says "connecting" for ever, mainline ESP32 says why.
import binascii
import time

import world

STA_IF, AP_IF = 0, 1
AUTH_OPEN, AUTH_WPA2_PSK, AUTH_WPA2_ENTERPRISE = 0, 3, 5
STAT_IDLE, STAT_CONNECTING, STAT_GOT_IP = 1000, 1001, 1010
STAT_BEACON_TIMEOUT, STAT_NO_AP_FOUND, STAT_WRONG_PASSWORD, STAT_ASSOC_FAIL, STAT_HANDSHAKE_TIMEOUT = 200, 201, 202, 203, 204

_ASSOC_LEAVE = 8
_JOIN_MS, _FAIL_MS, _SCAN_MS = 300, 600, 200


class WLAN:
    # The state lives in the class: on a board there is one radio, however many WLAN objects.
    _active = False
    _joining = None  # (network or None, reason, ticks when it is decided)
    _joined = None
    _reason = STAT_IDLE
    _hostname = "espressif" if world.model == "mpython" else "mpy-esp32"

    def __init__(self, interface=STA_IF):
        self._station = interface == STA_IF

    def active(self, on=None):
        if on is None:
            return self._station and WLAN._active
        if self._station:
            WLAN._active = bool(on)
            if not on:
                self.disconnect()
        return WLAN._active

    def scan(self):
        if not WLAN._active:
            raise OSError("STA must be active")
        time.sleep_ms(_SCAN_MS)
        return [
            (n["ssid"].encode(), b"\x02\x00\x00\x00\x00" + bytes([i]), n["channel"], n["rssi"], n["auth"], False)
            for i, n in enumerate(world.networks)
        ]

    def connect(self, ssid=None, password=None):
        if not WLAN._active:
            raise OSError("WiFi Not Started")
        ssid = ssid.decode() if isinstance(ssid, bytes) else ssid
        found, reason = None, STAT_NO_AP_FOUND
        for n in world.networks:
            if n["ssid"] == ssid:
                reason = None
                if n["auth"] == AUTH_WPA2_ENTERPRISE:
                    reason = STAT_ASSOC_FAIL
                elif n["password"] and n["password"] != password:
                    reason = STAT_WRONG_PASSWORD if world.model != "mpython" else 15
                found = n
        WLAN._joined = None
        wait = _FAIL_MS if reason else _JOIN_MS
        WLAN._joining = (found, reason, time.ticks_add(time.ticks_ms(), wait))
        world.remember("wifi", None)

    def _associated(self):
        # Joined, or let in and waiting for an address that never comes.
        joining = WLAN._joining
        return WLAN._joined or joining and not joining[1] and time.ticks_diff(time.ticks_ms(), joining[2]) >= 0 and joining[0]

    def _settle(self):
        if WLAN._joining and time.ticks_diff(time.ticks_ms(), WLAN._joining[2]) >= 0:
            found, reason, _ = WLAN._joining
            if reason:
                WLAN._reason = reason
                if world.model != "mpython":
                    WLAN._joining = None
            elif found.get("dhcp", True):
                WLAN._joining, WLAN._joined, WLAN._reason = None, found, STAT_GOT_IP
                world.remember("wifi", found["ssid"])

    def disconnect(self):
        if WLAN._joining or WLAN._joined:
            # The mPython port may overwrite the reason of the failure with its own leaving.
            if WLAN._joined or world.model == "mpython":
                WLAN._reason = _ASSOC_LEAVE
        WLAN._joining = WLAN._joined = None
        world.remember("wifi", None)

    def isconnected(self):
        self._settle()
        return self._station and WLAN._joined is not None

    def status(self, what=None):
        self._settle()
        if what == "rssi":
            if not self._associated():
                raise OSError("STA is not connected")
            return self._associated()["rssi"]
        if WLAN._joined:
            return STAT_GOT_IP
        return STAT_CONNECTING if WLAN._joining else WLAN._reason

    def ifconfig(self):
        ip = world.address if self.isconnected() else "0.0.0.0"
        return (ip, "255.0.0.0", "127.0.0.1", "127.0.0.1") if ip != "0.0.0.0" else (ip,) * 4

    def config(self, *what, **settings):
        if settings:
            if not WLAN._active:
                raise OSError("TCP/IP IF Not Ready")
            WLAN._hostname = settings.get("dhcp_hostname", WLAN._hostname)
            return
        if what[0] == "mac":
            return binascii.unhexlify(world.id)
        if what[0] in ("dhcp_hostname", "hostname"):
            return WLAN._hostname
        if what[0] == "essid" or what[0] == "ssid":
            return WLAN._joined["ssid"] if WLAN._joined else ""
        raise ValueError("unknown config param")


if world.model != "mpython":

    def hostname(name=None):
        if name is None:
            return WLAN._hostname
        WLAN._hostname = name


def _wake():
    # WiFi outlives a soft reset: sim/process.go removes wifi.json before a hard one.
    ssid = world.recall("wifi")
    for n in world.networks:
        if n["ssid"] == ssid:
            WLAN._active, WLAN._joined = True, n


_wake()
