# board/flat/probe.py: what a board says of itself.
import os
import sys

import __main__ as board
from check import equal


class _Machine:
    @staticmethod
    def unique_id():
        return b"\x0a\xb0"


class _OS:
    @staticmethod
    def uname():
        return "microbit", "microbit", "1.0", "today", "micro:bit with nRF51822"


class _GC:
    @staticmethod
    def mem_free():
        return 5000


def test_board():
    board.os, board.gc = _OS, _GC
    sys.modules["machine"] = _Machine
    try:
        r = board._m_board()
    finally:
        del sys.modules["machine"]
    equal((r["implementation"], r["machine"], r["id"], r["heap_free"]), ("micropython", "micro:bit with nRF51822", "0ab0", 5000))
    equal((r["inflate"], r["sha256"], r["folders"]), (False, False, False))
    equal(sorted(r), sorted(board.scripts["fields"].decode().split()))
