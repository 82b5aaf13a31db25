# A flash chip whose content is a file, and the board's file systems on it. As a program it copies a folder into such a
# file, or back: image.py pack|unpack lfs2|fat IMAGE FOLDER BLOCKS
import os
import sys

BLOCK = 4096


def _nothing():
    pass


class Flash:
    # A block device for MicroPython. A write is in the file when it returns. Scheduled functions and KeyboardInterrupt
    # come in at jumps of the program, so no method has one: see world.py.
    def __init__(self, f, begin=_nothing, written=_nothing):
        self._f = f
        self._answers = (0, 0, 0, 0, f.seek(0, 2) // BLOCK, BLOCK, 0)
        self._begin, self._written = begin, written

    def readblocks(self, n, buf, offset=0):
        self._begin()
        self._f.seek(n * BLOCK + offset)
        self._f.readinto(buf)

    def writeblocks(self, n, buf, offset=0):
        self._begin()
        self._f.seek(n * BLOCK + offset)
        self._f.write(buf)
        self._written()

    def ioctl(self, op, arg):
        return self._answers[op]


def file_system(name, flash):
    # With the parameters of the ports for these chips.
    if name == "fat":
        return os.VfsFat(flash)
    return os.VfsLfs2(flash, progsize=32, readsize=32, lookahead=32)


def _copy(source, target):
    # A power failure may have torn a file. Its name is in no listing then.
    for entry in os.ilistdir(source):
        old, new = source + "/" + entry[0], target + "/" + entry[0]
        if entry[1] == 0x4000:
            os.mkdir(new)
            _copy(old, new)
            continue
        with open(old, "rb") as f, open(new, "wb") as g:
            g.write(f.read())


def main(action, name, path, folder, blocks):
    if action == "pack":
        with open(path, "wb") as f:
            for _ in range(int(blocks)):
                f.write(b"\xff" * BLOCK)
    f = open(path, "r+b")
    if action == "pack":
        (os.VfsFat if name == "fat" else os.VfsLfs2).mkfs(Flash(f))
    os.mount(file_system(name, Flash(f)), "/flash")
    _copy(*((folder, "/flash") if action == "pack" else ("/flash", folder)))
    os.umount("/flash")


if __name__ == "__main__":
    main(*sys.argv[1:])
