# Usage: run.py FILESYSTEM TEST FOLDER FILE...: runs the functions test_* of the module TEST, each on an empty flash with
# FILESYSTEM, lfs2 or fat. The FILEs of FOLDER are the Python that this package sends to a board. They are run as
# there, in __main__, where the tests find what they define; scripts has the source of each file in FOLDER, by name.
import os
import sys

import check

file_system = sys.argv[1]
scripts = {}


class Memory:
    # A block device in memory.
    SIZE = 512

    def __init__(self, blocks):
        self.data = bytearray(blocks * self.SIZE)

    def readblocks(self, n, buffer, offset=0):
        at = n * self.SIZE + offset
        buffer[:] = self.data[at : at + len(buffer)]

    def writeblocks(self, n, buffer, offset=0):
        at = n * self.SIZE + offset
        self.data[at : at + len(buffer)] = buffer

    def ioctl(self, request, _):
        return {4: len(self.data) // self.SIZE, 5: self.SIZE}.get(request, 0)


def main(test, folder, *files):
    module = __import__(test)
    for name in os.listdir(folder):
        with open(folder + "/" + name, "rb") as f:
            scripts[name] = f.read()
    for name in files:
        exec(scripts[name], globals())
    sys.path[:] = ["/"]
    defined = dict(globals())
    flash = Memory(128)
    kind = os.VfsFat if file_system == "fat" else os.VfsLfs2

    def prepare():
        for name in list(globals()):  # also what hides a builtin
            if name not in defined:
                del globals()[name]
        globals().update(defined)
        kind.mkfs(flash)
        os.umount("/")
        os.mount(kind(flash), "/")

    check.run(module, prepare)


main(*sys.argv[2:])
