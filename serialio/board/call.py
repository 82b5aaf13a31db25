# How calls reach the board, and how their answers leave it. Every call begins with c, z and d: the CRC-32 of the
# data d and, if d is deflated, the bits of its window z, else 0.
try:
    import uos as os, ubinascii as binascii, ujson as json, uio as io
except ImportError:
    import os, binascii, json, io
_m_crc = getattr(binascii, "crc32", None)
_m_inflate = None
try:
    import deflate

    def _m_inflate(d, z):
        return deflate.DeflateIO(io.BytesIO(d), deflate.RAW, z)
except ImportError:
    try:
        import uzlib as zlib
    except ImportError:
        try:
            import zlib
        except ImportError:
            zlib = None
    if hasattr(zlib, "decompress"):

        def _m_inflate(d, z):
            return io.BytesIO(zlib.decompress(d, -z))


# A stream of the data as they were before they were packed.
def _m_open(c, z, d):
    if _m_crc and _m_crc(d) != c:
        raise ValueError("altered on the line")
    return _m_inflate(d, z) if z else io.BytesIO(d)


# Runs files like this one, each behind a line with its length. They are compiled one by one, since a heap that is
# nearly full has no room for all of them at once.
def _m_load(c, z, d):
    s = _m_open(c, z, d)
    while 1:
        n = s.readline()
        if not n:
            break
        exec(s.read(int(n)))


# Evaluates the expression on the first line of the data; it finds the rest of them in _m_in. The answer is printed
# between two nonces n: its CRC-32, or -1 on a board without one, and the value as JSON.
def _m_call(c, z, d, n):
    global _m_in
    _m_in = _m_open(c, z, d)
    s = json.dumps(eval(_m_in.readline().decode()))
    _m_in = None
    print(n, _m_crc(s.encode()) if _m_crc else -1, s, n)
