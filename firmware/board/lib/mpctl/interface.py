"""Brings the WiFi's station interface up."""

import time

from mpctl import radio


def station(name=None):
    """The station interface, active. name is for DHCP and a built-in mDNS responder."""
    import network

    sta = network.WLAN(network.STA_IF)
    named = name is None or _set_name(network, sta, name)
    sta.active(True)
    if not named:
        try:
            # Older ports take the name only now.
            sta.config(dhcp_hostname=name)
        except (OSError, ValueError, TypeError):
            pass
    try:
        # Power saving loses multicast.
        sta.config(pm=getattr(sta, "PM_NONE", 0xA11140))
    except (OSError, ValueError, TypeError, AttributeError):
        pass
    return sta


def _set_name(network, sta, name):
    # Before the interface comes up: a responder in the C firmware reads the name then, and never again.
    try:
        if network.hostname() != name:
            if sta.active():
                sta.active(False)
            network.hostname(name)
        return True
    except (AttributeError, OSError, ValueError):
        return False


def release(sta):
    """Leave the network, and wait until the board has left: at most a second."""
    radio.leave(sta)
    for _ in range(20):
        if not sta.isconnected():
            break
        time.sleep_ms(50)
