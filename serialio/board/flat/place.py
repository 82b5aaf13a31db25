# As in ../place.py, without a rename: files are copied.
def _m_copy(p, q):
    with open(_m_name(p), "rb") as f:
        g = open(_m_name(q), "wb")
        d = f.read(192)
        while d:
            g.write(d)
            d = f.read(192)
        g.close()


def _m_same(p, q):
    with open(_m_name(p), "rb") as f:
        with open(_m_name(q), "rb") as g:
            d = f.read(192)
            while g.read(192) == d:
                if not d:
                    return True
                d = f.read(192)
    return False


def _m_keep(p):
    n = 1
    b = p + ".bak"
    while _m_stat([b], "")[0]:
        if _m_same(p, b):
            return b
        n += 1
        b = p + ".bak" + str(n)
    _m_copy(p, b)
    return b


# Writes one file over the old one, when a third copy has shown that there is room.
def _m_place(p):
    n = p + ".new"
    if _m_stat([n], "")[0]:
        try:
            _m_copy(n, n + ".new")
        finally:
            _m_rm([n], ".new")
        _m_copy(n, p)
        if not _m_same(n, p):
            raise OSError("the copy differs")
        _m_rm([n], "")
    return True
