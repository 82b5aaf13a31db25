# What stands around the files of an upload before it, and what a failed one leaves. /mpctl.py is the journal of an
# upload that is taking its place: see journal.go.


def _m_has(p):
    try:
        os.stat(p)
        return True
    except OSError:
        return False


def _m_mkdir(l):
    for p in l:
        try:
            os.mkdir(p)
        except OSError:
            pass


# Removes files, x appended to each name, unless a journal needs them.
def _m_rm(l, x):
    if _m_has("/mpctl.py"):
        return
    for p in l:
        try:
            os.remove(p + x)
        except OSError:
            pass


# Runs the journal, if there is one.
def _m_run():
    if not _m_has("/mpctl.py"):
        return
    with open("/mpctl.py") as f:
        c = f.read()
    exec(c, {"__name__": ""})


# Completes or forgets an earlier upload. Returns False if /mpctl.py is not a journal, which begins with mark. l are
# the folders in which every .new is removed, r the files elsewhere.
def _m_begin(mark, l, r):
    gc.collect()
    if _m_has("/mpctl.py"):
        with open("/mpctl.py") as f:
            s = f.readline()
        if s.strip() != mark:
            return False
        _m_run()
    for d in l:
        try:
            _m_rm([d + "/" + n for n in os.listdir(d) if n.endswith(".new")], "")
        except OSError:
            pass
    _m_rm(r, ".new")
    return True
