# The journal of an upload, which lets all its files take their places or none: see journal.go. Go puts a first line
# before it by which it is known, and the lists FILES and STALE: what is to take its place, and what is to be removed.
# All of it may run twice, or half and then again from the start.
import os


def there(p):
    try:
        os.stat(p)
        return True
    except OSError:
        return False


def read(p):
    try:
        with open(p, "rb") as f:
            return f.read()
    except OSError:
        return b""


def copy(old, new):
    with open(old, "rb") as f:
        with open(new, "wb") as g:
            while 1:
                d = f.read(512)
                if not d:
                    break
                g.write(d)


def swap(p):
    if not there(p + ".new"):
        return
    if not fat:
        os.rename(p + ".new", p)
        return
    copy(p + ".new", p)
    os.remove(p + ".new")


# FAT ignores capitals. A rename over a file is not atomic there.
fat = there("/MPCTL.PY")
# While a main.py that is not ours is being overwritten, boot.py runs the journal at the next boot.
again = b"\nimport mpctl\n"
for p in FILES:
    if p == "/main.py" and fat and there(p) and there(p + ".new") and not read("/boot.py").endswith(again):
        with open("/boot.py", "ab") as f:
            f.write(again)
    swap(p)
boot = read("/boot.py")
if boot == again:
    os.remove("/boot.py")
elif boot.endswith(again):
    with open("/boot.py.new", "wb") as f:
        f.write(boot[: -len(again)])
if fat:
    swap("/boot.py")
for p in STALE:
    if there(p):
        os.remove(p)
os.remove("/mpctl.py")
if hasattr(os, "sync"):
    os.sync()
# Imported at boot, it resets the board into the new files.
if __name__ == "mpctl":
    import machine

    machine.reset()
