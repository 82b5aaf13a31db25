# board/journal.py: all files take their places, or none.
import builtins
import os

import __main__ as board
from check import equal, raises, read, write

FILES = ["/lib/a.py", "/main.py"]
NEW = [b"new", b"import mpctl\n"]


class PowerFailure(Exception):
    pass


def run(stale=(), opener=open):
    code = "FILES=%r\nSTALE=%r\n%s" % (FILES, list(stale), board.scripts["journal"].decode())
    exec(code, {"__name__": "", "open": opener})


def staged():
    os.mkdir("/lib")
    for path, data in zip(FILES, NEW):
        write(path + ".new", data)
    write("/mpctl.py", b"journal")


def tree():
    return sorted(os.listdir("/")), sorted(os.listdir("/lib"))


def placed():
    equal(tree(), (["lib", "main.py"], ["a.py"]))
    equal([read(p) for p in FILES], NEW)


def test_onto_an_empty_board():
    staged()
    run()
    placed()


def test_over_older_files():
    staged()
    write("/lib/a.py", b"old")
    write("/lib/gone.py", b"old")
    write("/main.py", b"import mpctl\n")
    run(["/lib/gone.py", "/lib/never.py"])
    placed()


def test_power_fails_at_every_file_that_is_opened():
    for fails in range(1, 30):
        board.opened = 0

        def opener(path, mode="r"):
            board.opened += 1
            if board.opened == fails and "b" in mode and mode != "rb":
                open(path, mode).close()  # emptied, and nothing written
                raise PowerFailure
            return open(path, mode)

        staged()
        write("/main.py", b"print('mine')\n")
        write("/boot.py", b"mine = 1\n")
        try:
            run(opener=opener)
        except PowerFailure:
            # What boots now must be the user's own, or what runs the journal again.
            whole = read("/main.py") == b"print('mine')\n"
            equal(whole or b"import mpctl" in read("/main.py") + read("/boot.py"), True)
            run()
        equal(read("/boot.py"), b"mine = 1\n")
        os.remove("/boot.py")
        placed()
        for path in FILES:
            os.remove(path)
        os.rmdir("/lib")


def test_without_a_boot_py_none_is_left():
    staged()
    write("/main.py", b"print('mine')\n")
    run()
    placed()


def test_at_boot_the_board_is_reset():
    staged()
    write("/mpctl.py", ("FILES=%r\nSTALE=[]\n%s" % (FILES, board.scripts["journal"].decode())).encode())

    class machine:
        @staticmethod
        def reset():
            raise PowerFailure

    importing = builtins.__import__
    builtins.__import__ = lambda name, *args: machine if name == "machine" else importing(name, *args)
    try:
        raises(PowerFailure, importing, "mpctl")
    finally:
        builtins.__import__ = importing
    placed()
