# Usage: run.py ROOT FOLDER NAME. Runs the tests of the module FOLDER/NAME.py, with ROOT as the board's flash.
import os
import sys

import check

root, folder, name = sys.argv[1:]
flash, tests = os.VfsPosix(root), os.VfsPosix(folder)
os.umount("/")
os.mount(flash, "/")
os.mount(tests, "/test")
os.chdir("/")
sys.path[:] = ["/test", "/lib"]
check.run(__import__(name))
