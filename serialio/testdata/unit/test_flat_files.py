# board/flat/: files.
import binascii
import os

import __main__ as board
from check import equal, raises, read, write
from flatboard import install


def put(data, *parts):
    board._m_in = data
    board._m_put(parts)


def names():
    return sorted(os.listdir("/"))


def test_parts_of_several_files():
    install()
    put(b"ab", ("/a.new", 0, 2))
    put(b"cdxyz", ("/a.new", 2, 2), ("/b", 0, 3), ("/empty", 0, 0))
    equal(board._m_stat(["/a", "/c"], ".new"), [[4, ""], None])
    equal([read(p) for p in ("/a.new", "/b", "/empty")], [b"abcd", b"xyz", b""])


def test_a_part_is_written_once():
    install()
    put(b"ab", ("/a", 0, 2))
    for _ in range(2):
        put(b"cd", ("/a", 2, 2))
    board._m_close()
    equal(read("/a"), b"abcd")


def test_a_file_without_room_is_not_closed():
    install()

    class Full:
        def write(self, data):
            raise OSError(28)

        def close(self):
            raise AssertionError("closed")

    board.open = lambda *args: Full()
    raises(OSError, put, b"ab", ("/a", 0, 2))
    equal(board._m_stat([], ""), [])  # which closes what is open


def test_read():
    install()
    data = bytes([n & 255 for n in range(500)])
    write("/a", data)
    for offset, length in ((0, 1024), (0, 1), (191, 2), (192, 3), (400, 192), (499, 9), (500, 9)):
        got = board._m_read("/a", offset, length)
        equal(got, binascii.b2a_base64(data[offset : offset + min(length, 192)])[:-1].decode())


def test_there_are_no_sums():
    equal(board._m_digest(["/a"], ""), "")


def test_begin():
    install()
    write("/a.new", b"")
    write("/b.new", b"")
    equal(board._m_begin("# mark", [], ["/a", "/none"]), True)
    equal(names(), ["b.new"])
    board._m_mkdir([])
    raises(OSError, board._m_mkdir, ["/lib"])


def test_keep():
    install()
    write("/a", b"mine" * 100)
    equal([board._m_keep("/a") for _ in range(2)], ["/a.bak"] * 2)
    write("/a", b"mine" * 99 + b"Mine")
    equal(board._m_keep("/a"), "/a.bak2")
    equal(read("/a.bak"), b"mine" * 100)


def test_place():
    install()
    write("/a", b"old")
    write("/a.new", b"new" * 100)
    for _ in range(2):
        equal(board._m_place("/a"), True)
    equal(read("/a"), b"new" * 100)
    equal(names(), ["a"])


def test_place_without_room():
    install()
    write("/a", b"old")
    write("/a.new", b"new")
    opener = board.open

    def full(name, mode):
        if name == "a.new.new":
            raise OSError(28)
        return opener(name, mode)

    board.open = full
    raises(OSError, board._m_place, "/a")
    equal([read("/a"), read("/a.new")], [b"old", b"new"])
