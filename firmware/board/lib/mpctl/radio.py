"""The WiFi's station interface, which differs from port to port."""


def leave(sta):
    """Leave the network, and stop trying to join one."""
    try:
        sta.disconnect()
    except OSError:
        pass


def rssi(sta):
    """The signal in dBm, None without a link."""
    try:
        n = sta.status("rssi")
    except (OSError, ValueError, TypeError):
        return None
    # Some ports return 0 or 31 instead of raising.
    return n if n and n < 0 else None
