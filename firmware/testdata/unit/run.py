# Usage: run.py ROOT NAME. Runs the functions test_* of the module ROOT/NAME.py, with ROOT as the board's flash. For each it
# prints PASS or FAIL and the name, and after FAIL the traceback.
import os
import sys

root, name = sys.argv[1:]
os.umount("/")
os.mount(os.VfsPosix(root), "/")
os.chdir("/")
sys.path[:] = ["/", "/lib"]

import check

module = __import__(name)
for test in sorted(dir(module)):
    if test.startswith("test_"):
        before = check.count
        try:
            getattr(module, test)()
            if check.count == before:
                raise AssertionError("it checks nothing")
            print("PASS", test)
        except BaseException as e:
            print("FAIL", test)
            sys.print_exception(e, sys.stdout)
