# board/probe.py: what a board says of itself.
import os
import sys

import __main__ as board
from check import equal


def test_board():
    r = board._m_board()
    equal((r["implementation"], r["platform"], r["version"]), ("micropython", sys.platform, "%d.%d.%d" % sys.implementation[1][:3]))
    equal((r["inflate"], r["sha256"], r["folders"]), (True, True, True))
    s = os.statvfs("/")
    equal(r["flash_free"], s[0] * s[3])
    equal(r["heap_free"] > 1000, True)
    equal(sorted(r), sorted(board.scripts["fields"].decode().split()))


def test_what_is_missing_is_said():
    class Bare:
        def __getattr__(self, name):
            raise AttributeError(name)

    board.os = board.gc = Bare()
    board.gc.__class__.collect = lambda self: None
    board._m_inflate = board._m_hash = None
    r = board._m_board()
    equal((r["machine"] != "", r["heap_free"], r["flash_free"]), (True, -1, -1))
    equal((r["inflate"], r["sha256"], r["wifi"]), (False, False, False))
