# Calls and answers as in ../call.py, without json and binascii: nothing has a checksum, and nothing is deflated.
import gc, sys, os


def _m_dumps(v):
    if v is None:
        return "null"
    if v is True or v is False:
        return str(v).lower()
    if isinstance(v, str):
        for i in (92, 34):  # backslash and quote
            v = v.replace(chr(i), "\\" + chr(i))
        for i in range(32):
            v = v.replace(chr(i), "\\u%04x" % i)
        return '"' + v + '"'
    r = ""
    if isinstance(v, dict):
        for k in v:
            r += "," + _m_dumps(k) + ":" + _m_dumps(v[k])
        return "{" + r[1:] + "}"
    if isinstance(v, (list, tuple)):
        for x in v:
            r += "," + _m_dumps(x)
        return "[" + r[1:] + "]"
    return str(v)


def _m_call(c, z, d, n):
    global _m_in
    gc.collect()
    i = 0
    while d[i] != 10:
        i += 1
    _m_in = d[i + 1 :]
    print(n, -1, _m_dumps(eval(str(d[:i], "utf-8"))), n)
