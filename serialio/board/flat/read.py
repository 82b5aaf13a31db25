# Reads files without seeking in them, and tells their lengths. There are no sums: equal files are read to be known
# as such.
def _m_digest(l, x):
    return ""


def _m_stat(l, x):
    _m_close()
    r = []
    for p in l:
        try:
            r.append([os.size(_m_name(p + x)), ""])
        except OSError:
            r.append(None)
    return r


# At most 192 bytes from offset o on, as Base64.
def _m_read(p, o, n):
    a = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    with open(_m_name(p), "rb") as f:
        while o > 0:
            o -= len(f.read(min(o, 192)))
        d = f.read(min(n, 192))
    r = ""
    for i in range(0, len(d), 3):
        t = d[i : i + 3]
        k = 3 - len(t)
        t += bytes(k)
        v = t[0] << 16 | t[1] << 8 | t[2]
        r += "".join([a[v >> s & 63] for s in (18, 12, 6, 0)][: 4 - k]) + "=" * k
    return r
