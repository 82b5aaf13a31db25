# board/transfer.py: parts of files.
import binascii
import io

import __main__ as board
from check import equal, raises, read, write


def put(data, *parts):
    board._m_in = io.BytesIO(data)
    board._m_put(parts)


def test_read():
    write("/a", b"0123456789")
    equal(binascii.a2b_base64(board._m_read("/a", 3, 4)), b"3456")
    equal(binascii.a2b_base64(board._m_read("/a", 8, 1024)), b"89")
    equal(binascii.a2b_base64(board._m_read("/a", 10, 1024)), b"")


def test_parts_of_several_files():
    long = bytes([n & 255 for n in range(1100)])
    put(b"ab" + long, ("/a", 0, 2), ("/long", 0, 1100), ("/empty", 0, 0))
    put(b"cd", ("/a", 2, 2))
    equal([read(p) for p in ("/a", "/long", "/empty")], [b"abcd", long, b""])


def test_a_part_is_written_once():
    put(b"ab", ("/a", 0, 2))
    for _ in range(2):
        put(b"cdxy", ("/a", 2, 2), ("/b", 0, 2))
    equal([read("/a"), read("/b")], [b"abcd", b"xy"])
    put(b"AB", ("/a", 0, 2))  # from its beginning it is written anew
    equal(read("/a"), b"AB")


def test_data_that_end_early():
    raises(ValueError, put, b"abc", ("/a", 0, 4))
    put(b"next", ("/a", 0, 4))  # the file was closed: it can be written again
    equal(read("/a"), b"next")


def test_an_append_to_nothing():
    raises(OSError, put, b"cd", ("/a", 2, 2))
