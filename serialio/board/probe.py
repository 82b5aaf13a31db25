# What the board says of itself: see Board in board.go.
import sys, gc


def _m_board():
    gc.collect()
    i = sys.implementation
    r = {
        "implementation": i[0],
        "version": ".".join([str(n) for n in i[1][:3]]),
        "platform": sys.platform,
        "machine": "",
        "id": "",
        "heap_free": -1,
        "flash_free": -1,
        "inflate": _m_inflate is not None,
        "sha256": _m_hash is not None,
        "wifi": False,
        "folders": True,
    }
    try:
        r["machine"] = os.uname()[4]
    except Exception:
        r["machine"] = getattr(i, "_machine", sys.platform)
    try:
        import machine

        r["id"] = binascii.hexlify(machine.unique_id()).decode()
    except Exception:
        pass
    try:
        import network

        r["wifi"] = hasattr(network, "WLAN")
    except ImportError:
        pass
    try:
        r["heap_free"] = gc.mem_free()
    except Exception:
        pass
    try:
        s = os.statvfs("/")
        r["flash_free"] = s[0] * s[3]
    except Exception:
        pass
    return r
