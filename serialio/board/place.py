# How staged files take their places, and how the old ones are kept.


# Copies a file to a name of its own, and returns that. An equal copy from before will do.
def _m_keep(p):
    os.stat(p)
    n = 1
    b = p + ".bak"
    while _m_has(b):
        s = _m_stat([p, b], "")
        if s[0][1] and s[0] == s[1]:
            return b
        n += 1
        b = p + ".bak" + str(n)
    with open(b + ".new", "wb") as g:
        for d in _m_parts(p):
            g.write(d)
    os.rename(b + ".new", b)
    return b


# Renames one file over the old one. Returns False on a file system that ignores capitals: FAT, where that is not
# atomic and needs a journal.
def _m_place(p):
    if not _m_has(p + ".new"):
        return True
    if _m_has(p.upper() + ".NEW"):
        return False
    os.rename(p + ".new", p)
    _m_sync()
    return True


def _m_sync():
    if hasattr(os, "sync"):
        os.sync()


# Makes the staged journal the board's, if there is room for a copy of the largest file, n bytes.
def _m_commit(n):
    if not _m_has("/mpctl.py.new"):
        return
    try:
        s = os.statvfs("/")
        full = s[0] * s[3] < n + 2 * s[0]
    except AttributeError:
        full = False
    if full:
        raise OSError(28)
    os.rename("/mpctl.py.new", "/mpctl.py")
    _m_sync()
