# board/stage.py: what is done before an upload, and after a failed one.
import os

import __main__ as board
from check import equal, raises, read, write

MARK = "# mark"


def names(folder):
    return sorted(os.listdir(folder))


def test_folders():
    for _ in range(2):
        board._m_mkdir(["/lib", "/lib/app"])
    equal(names("/lib"), ["app"])


def test_remove():
    write("/a.new", b"")
    write("/a", b"")
    board._m_rm(["/a", "/none"], ".new")
    equal(names("/"), ["a"])


def test_nothing_is_removed_beside_a_journal():
    write("/a.new", b"")
    write("/mpctl.py", b"")
    board._m_rm(["/a"], ".new")
    equal(names("/"), ["a.new", "mpctl.py"])


def test_begin_forgets_what_was_half_sent():
    os.mkdir("/lib")
    for path in ("/lib/a.new", "/lib/b", "/main.py.new", "/own.new", "/mpctl.py.new"):
        write(path, b"x")
    equal(board._m_begin(MARK, ["/lib", "/none"], ["/mpctl.py", "/main.py"]), True)
    equal(names("/lib"), ["b"])
    equal(names("/"), ["lib", "own.new"])


def test_begin_completes_what_was_all_sent():
    write("/mpctl.py", MARK.encode() + b"\nimport os\nos.rename('/a.new','/a')\nos.remove('/mpctl.py')\n")
    write("/a.new", b"new")
    equal(board._m_begin(MARK, [], ["/a"]), True)
    equal(names("/"), ["a"])
    board._m_run()  # without a journal there is nothing to run


def test_a_module_of_somebody_else_is_not_run():
    write("/mpctl.py", b"raise ValueError\n")
    equal(board._m_begin(MARK, [], []), False)
    equal(read("/mpctl.py"), b"raise ValueError\n")


def test_a_journal_is_not_the_module_it_is_at_boot():
    write("/mpctl.py", b"import os\nassert __name__ == ''\nos.remove('/mpctl.py')\n")
    board._m_run()
    equal(names("/"), [])
