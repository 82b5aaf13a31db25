"""The WiFi's station interface, whose ports answer the same questions in different ways."""


def leave(sta):
    """Off the network, and no more trying to join one."""
    try:
        sta.disconnect()
    except OSError:
        pass


def rssi(sta):
    """dBm, None while not associated: with no address, that tells a missing DHCP from a wrong password."""
    try:
        n = sta.status("rssi")
    except (OSError, ValueError, TypeError):
        return None
    # Some ports say 0 or 31 instead of raising.
    return n if n and n < 0 else None
