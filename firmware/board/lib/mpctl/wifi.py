"""WiFi: scan and join for provisioning, which wait; and what they share with the Station, which does not."""

import sys
import time

JOIN_MS = 20000
LINK_MS = 12000  # without being let in by then, an address will not come either
STEADY_MS = 3000  # let in for so long: the password was right
ENTERPRISE = 5 if sys.platform == "esp32" else None  # authmode of scan(): on a Pico W, 5 is plain WPA2

# What status() means when joining failed; the same numbers mean other things on other ports.
VERDICTS = {
    "rp2": {-3: "wrong_password", -2: "not_found", -1: "refused"},
    "esp8266": {2: "wrong_password", 3: "not_found", 4: "refused"},
    "esp32": {
        2: "wrong_password", 15: "wrong_password", 202: "wrong_password", 204: "wrong_password", 205: "wrong_password",
        201: "not_found", 210: "not_found", 211: "not_found", 212: "not_found", 203: "refused", 5: "refused",
    },
}.get(sys.platform, {})


def station(name=None):
    """The station interface, active, with the name that the board has for DHCP and a built-in mDNS responder."""
    import network

    sta = network.WLAN(network.STA_IF)
    named = name is None or _name_first(network, sta, name)
    sta.active(True)
    if not named:
        try:
            # Older ports take it only now.
            sta.config(dhcp_hostname=name)
        except (OSError, ValueError, TypeError):
            pass
    try:
        # Power saving loses multicast.
        sta.config(pm=getattr(sta, "PM_NONE", 0xA11140))
    except (OSError, ValueError, TypeError, AttributeError):
        pass
    return sta


def _name_first(network, sta, name):
    # Before the interface comes up: responders in the C firmware read the name then, and not again.
    try:
        if network.hostname() != name:
            if sta.active():
                sta.active(False)
            network.hostname(name)
        return True
    except (AttributeError, OSError, ValueError):
        return False


def leave(sta):
    """Off the network, and no more trying to join one."""
    try:
        sta.disconnect()
    except OSError:
        pass


def status(sta):
    try:
        return sta.status()
    except (OSError, ValueError, TypeError):
        return None


def rssi(sta):
    """dBm, None while not associated: with no address, that tells a missing DHCP from a wrong password."""
    try:
        n = sta.status("rssi")
    except (OSError, ValueError, TypeError):
        return None
    # Some ports say 0 or 31 instead of raising.
    return n if n and n < 0 else None


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
