# Writes files without appending to them: a file that is being sent stays open from its first part to its last, and
# whatever is asked for next closes it. One that there was no room for is not closed: the file is gone, and closing it
# can spoil another one.
_m_f = None
_m_n = 0


# A path's leading slash is no part of a name.
def _m_name(p):
    return p[1:] if p[:1] == "/" else p


def _m_close():
    global _m_f
    if _m_f:
        _m_f.close()
    _m_f = None


# As in ../transfer.py. _m_n is the length of the open file.
def _m_put(l):
    global _m_f, _m_n, _m_in
    for p, at, n in l:
        if at == 0:
            _m_close()
            _m_f = open(_m_name(p), "wb")
            _m_n = 0
        if _m_n == at:
            f = _m_f
            _m_f = None
            f.write(_m_in[:n])
            _m_f = f
            _m_n += n
        _m_in = _m_in[n:]
