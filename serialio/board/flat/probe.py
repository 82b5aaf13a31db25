# What the board says of itself: see Board in board.go.
def _m_board():
    import machine

    i = sys.implementation
    return {
        "implementation": i[0],
        "version": ".".join([str(n) for n in i[1][:3]]),
        "platform": sys.platform,
        "machine": os.uname()[4],
        "id": "".join(["%02x" % c for c in machine.unique_id()]),
        "heap_free": gc.mem_free(),
        "flash_free": -1,
        "inflate": False,
        "sha256": False,
        "wifi": False,
        "folders": False,
    }
