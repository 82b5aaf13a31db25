"""WiFi for provisioning: scan and join, which wait. For the running firmware there is station.py."""

import sys
import time

from mpctl.interface import station
from mpctl.radio import leave, rssi, status
from mpctl.verdicts import VERDICTS

JOIN_MS = 20000
LINK_MS = 12000  # without being let in by then, an address will not come either
STEADY_MS = 3000  # let in for so long: the password was right
ENTERPRISE = 5 if sys.platform == "esp32" else None  # authmode of scan(): on a Pico W, 5 is plain WPA2


def scan():
    """Networks heard, strongest first, one entry a name: {"ssid", "rssi", "channel", "auth"}."""
    best = {}
    sta = station()
    if not sta.isconnected():
        # An ESP32 that is still trying some network does not scan.
        leave(sta)
    for found in sta.scan():
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
    sta = station()
    heard = [n for n in scan() if n["ssid"] == ssid]
    evidence = {
        "joined": False, "ip": None, "seen": bool(heard), "status": None, "reason": None,
        "rssi": heard[0]["rssi"] if heard else None,
        "channel": heard[0]["channel"] if heard else None,
        "auth": heard[0]["auth"] if heard else None,
    }
    if heard and evidence["auth"] == ENTERPRISE:
        evidence["reason"] = "enterprise"
        return evidence
    # An old association would be taken for success: some ports keep its address for two minutes.
    leave(sta)
    time.sleep_ms(100)
    sta.connect(ssid, password or "")
    codes = []
    began = time.ticks_ms()
    linked = None  # since when the board is let in
    while True:
        now = time.ticks_ms()
        if sta.isconnected():
            evidence["joined"], evidence["ip"] = True, sta.ifconfig()[0]
            evidence["rssi"] = rssi(sta) or evidence["rssi"]
            evidence["status"] = status(sta)
            return evidence
        # Some ports count the handshake in, which a wrong password passes through again and again.
        linked = None if rssi(sta) is None else now if linked is None else linked
        code = status(sta)
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
    leave(sta)
    time.sleep_ms(100)
    codes.append(status(sta))
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
