# A flash chip in a file, and the board's file systems on it. As a program it fills or empties such a file:
# image.py pack|unpack lfs2|fat IMAGE FOLDER BLOCKS
import os
import sys

BLOCK = 4096


class Flash:
    # What MicroPython asks of a block device. Every write is in the file when it returns.
    def __init__(self, f, on_write=None):
        self._f = f
        self._blocks = f.seek(0, 2) // BLOCK
        self._on_write = on_write

    def readblocks(self, n, buf, offset=0):
        self._f.seek(n * BLOCK + offset)
        self._f.readinto(buf)

    def writeblocks(self, n, buf, offset=0):
        self._f.seek(n * BLOCK + offset)
        self._f.write(buf)
        if self._on_write:
            self._on_write()

    def ioctl(self, op, arg):
        if op == 4:
            return self._blocks
        if op == 5:
            return BLOCK
        return 0


def file_system(name, flash):
    # As the ports for these chips mount theirs.
    if name == "fat":
        return os.VfsFat(flash)
    return os.VfsLfs2(flash, progsize=32, readsize=32, lookahead=32)


def _copy(source, target):
    # Names of what cannot be read are left out: a power cut may have torn it.
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
