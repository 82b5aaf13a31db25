# board/place.py: old files and new ones.
import os

import __main__ as board
from check import equal, raises, read, write


def names():
    return sorted(os.listdir("/"))


def test_keep():
    write("/main.py", b"mine" * 300)
    equal(board._m_keep("/main.py"), "/main.py.bak")
    equal(board._m_keep("/main.py"), "/main.py.bak")  # an equal copy will do
    write("/main.py", b"other")
    equal(board._m_keep("/main.py"), "/main.py.bak2")
    equal([read("/main.py.bak"), read("/main.py.bak2")], [b"mine" * 300, b"other"])
    equal(names(), ["main.py", "main.py.bak", "main.py.bak2"])


def test_without_sums_every_copy_is_kept():
    board._m_hash = board._m_crc = None
    write("/main.py", b"mine")
    equal([board._m_keep("/main.py") for _ in range(2)], ["/main.py.bak", "/main.py.bak2"])


def test_keep_of_nothing():
    equal(raises(OSError, board._m_keep, "/main.py").args[0], 2)


def test_place():
    write("/a", b"old")
    write("/a.new", b"new")
    if board.file_system == "fat":
        equal(board._m_place("/a"), False)
        equal([read("/a"), read("/a.new")], [b"old", b"new"])
        return
    for _ in range(2):  # the second time it is in place already
        equal(board._m_place("/a"), True)
    equal(names(), ["a"])
    equal(read("/a"), b"new")


def test_commit():
    write("/mpctl.py.new", b"journal")
    for _ in range(2):
        board._m_commit(100)
    equal(names(), ["mpctl.py"])


def test_commit_without_room_for_a_copy():
    write("/mpctl.py.new", b"journal")
    s = os.statvfs("/")
    equal(raises(OSError, board._m_commit, s[0] * s[3]).args[0], 28)
    equal(names(), ["mpctl.py.new"])
