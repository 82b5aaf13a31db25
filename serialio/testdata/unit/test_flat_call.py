# board/flat/call.py: JSON by hand.
import json

import __main__ as board
from check import equal, raises


def test_json():
    for value in (None, True, False, 0, -12, "", "it's", 'a "quote" \\', "\x00\n\x1f", [], [1, [None, "x"]], {}, {"a": [1], "b": "c"}):
        equal(json.loads(board._m_dumps(value)), value)
    equal(board._m_dumps((1, "a")), '[1,"a"]')


def test_call():
    lines = []
    board.print = lambda *words: lines.append(words)
    board._m_call(0, 0, b"[len(_m_in), '\xc3\xa4']\nab\nc", "N")
    equal(lines, [("N", -1, '[4,"\u00e4"]', "N")])
    raises(KeyError, board._m_call, 0, 0, b"{}['x']\n", "N")


def test_what_the_host_sends():
    lines = []
    board.print = lambda *words: lines.append(words[2])
    board._m_inflate = None
    board._m_in = b""
    exec(board.scripts["flat_plain_call"], board.__dict__)
    equal(lines, ['"%s"' % ("light" * 60)])
