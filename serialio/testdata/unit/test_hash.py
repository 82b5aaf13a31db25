# board/hash.py: sums of files.
import binascii
import hashlib

import __main__ as board
from check import equal, write

ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # SHA-256 of "abc"


def test_sha256():
    equal(board._m_sum([b"a", b"", b"bc"]), [3, ABC])


def test_crc32_where_there_is_no_sha256():
    board._m_hash = None
    equal(board._m_sum([b"12345", b"6789"]), [9, "cbf43926"])


def test_no_sum_at_all():
    board._m_hash = board._m_crc = None
    equal(board._m_sum([b"12345", b"6789"]), [9, ""])


def test_files():
    data = bytes([n * 7 & 255 for n in range(1300)])
    write("/long.bin", data)
    write("/empty", b"")
    sums = [binascii.hexlify(hashlib.sha256(d).digest()).decode() for d in (data, b"")]
    equal(board._m_stat(["/long", "/none", "/empty"[:-4]], ".bin"), [[1300, sums[0]], None, None])
    equal(board._m_stat(["/empty"], ""), [[0, sums[1]]])


def test_digest_is_of_all_states():
    write("/a.new", b"abc")
    states = '[3, "%s"],null,' % ABC
    equal(board._m_digest(["/a", "/b"], ".new"), binascii.hexlify(hashlib.sha256(states.encode()).digest()).decode())
    equal(board._m_digest(["/a", "/b"], ""), board._m_sum([b"null,null,"])[1])
