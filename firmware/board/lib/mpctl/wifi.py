"""WiFi for provisioning: scan and join, which wait. The running firmware has station.py instead."""

import time

from mpctl import attempt
from mpctl.interface import station
from mpctl.radio import leave, rssi

JOIN_MS = 20000


def scan():
    """The networks that the board hears, strongest first: {"ssid", "rssi", "channel", "auth"} each."""
    networks = []
    for name, network in _heard(station()).items():
        try:
            ssid = name.decode()
        except ValueError:
            continue
        if ssid:
            networks.append({"ssid": ssid, "rssi": network[3], "channel": network[2], "auth": network[4]})
    return sorted(networks, key=lambda n: -n["rssi"])


def join(ssid, password):
    """Try a network, for 20 s at most. Returns the evidence as a dict; "reason" is None if the board has joined, else
    one of attempt.py."""
    sta = station()
    heard = _heard(sta)
    network = heard.get(ssid.encode())
    evidence = {
        "joined": False, "ip": None, "seen": network is not None, "status": None, "reason": None,
        "rssi": network and network[3], "channel": network and network[2], "auth": network and network[4],
    }
    current = attempt.Attempt(sta, ssid.encode(), heard, JOIN_MS)
    if not current.reason:
        # An old association would be taken for success: some ports keep its address for two minutes.
        leave(sta)
        time.sleep_ms(100)
        current.connect(password or "")
    while not current.joined and not current.reason:
        current.step(time.ticks_ms())
        time.sleep_ms(50)
    if current.joined:
        evidence["joined"], evidence["ip"] = True, sta.ifconfig()[0]
        evidence["rssi"] = rssi(sta) or evidence["rssi"]
        evidence["status"] = attempt.status(sta)
    else:
        evidence["reason"], evidence["status"] = current.reason, current.status
    return evidence


def _heard(sta):
    if not sta.isconnected():
        # An ESP32 that is still trying to join does not scan.
        leave(sta)
    return attempt.scan(sta)
