# board/call.py: what comes over the line, and what goes back.
import binascii
import json

import __main__ as board
from check import equal, raises


def packed(data):
    return binascii.crc32(data), 0, data


def printed(call, *args):
    lines = []
    board.print = lambda *words: lines.append(" ".join([str(w) for w in words]))
    call(*args)
    del board.print
    return lines


def test_altered_data_are_refused():
    crc, window, data = packed(b"light")
    equal(board._m_open(crc, window, data).read(), b"light")
    for altered in (b"Light", b"ligh", b"light\0"):
        raises(ValueError, board._m_open, crc, window, altered)


def test_deflated_data_are_inflated():
    # zlib's own, of b"light" * 8, as raw deflate
    data = binascii.unhexlify("cbc94ccf28c9214c0000")
    crc, _, _ = packed(data)
    equal(board._m_open(crc, 9, data).read(), b"light" * 8)


def test_files_are_loaded_one_by_one():
    files = ["loaded = [1]\n", "loaded.append('\u00e4')\n", "def twice():\n return 2 * loaded\n"]
    data = b"".join([b"%d\n%s" % (len(f), f) for f in [f.encode() for f in files]])
    board._m_load(*packed(data))
    equal(board.twice(), [1, "\u00e4", 1, "\u00e4"])


def test_an_answer_stands_between_nonces():
    (line,) = printed(board._m_call, *packed(b"[1, 'a b', None]\n") + ("NONCE",))
    equal(line, 'NONCE %d [1, "a b", null] NONCE' % binascii.crc32(b'[1, "a b", null]'))


def test_an_expression_finds_the_rest_of_the_data():
    (line,) = printed(board._m_call, *packed(b"len(_m_in.read())\n12\x00\n4") + ("N",))
    equal(line, "N %d 5 N" % binascii.crc32(b"5"))
    equal(board._m_in, None)


def test_without_a_crc_nothing_is_checked():
    board._m_crc = None
    equal(board._m_open(1, 0, b"light").read(), b"light")
    equal(printed(board._m_call, 1, 0, b"2 + 3\n", "N"), ["N -1 5 N"])


def test_exceptions_reach_the_caller():
    equal(raises(KeyError, board._m_call, *packed(b"{}['x']\n") + ("N",)).args, ("x",))


def test_what_the_host_sends():
    # Packed by Go, in both ways: each call has 300 bytes of data.
    for name in ("plain_call", "deflated_call"):
        (line,) = printed(exec, board.scripts[name], board.__dict__)
        equal(json.loads(line.split(" ", 2)[2].rsplit(" ", 1)[0]), ["light" * 60, name == "deflated_call"])
