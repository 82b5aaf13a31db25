# os as on a board: without system() and environment, with a flash of the board's size.
from os import chdir, getcwd, ilistdir, listdir, mkdir, remove, rmdir, stat, unlink, urandom
from collections import namedtuple

import world

_Uname = namedtuple("uname", ("sysname", "nodename", "release", "version", "machine"))


def _absolute(path):
    return path if path.startswith("/") else getcwd().rstrip("/") + "/" + path


if world.file_system:
    from os import rename
else:

    def rename(old, new):
        stat(old)
        if world.rename(_absolute(old), _absolute(new)):
            raise OSError(2)


def uname():
    # The ESP8266 port reports the SDK that it is built on.
    release = "2.2.0-dev(9422289)" if world.platform == "esp8266" else ".".join(str(n) for n in world.release)
    return _Uname(world.platform, world.platform, release, world.version(), world.machine_name)


def _used(folder):
    total = 4096
    for entry in ilistdir(folder):
        path = folder.rstrip("/") + "/" + entry[0]
        if entry[1] == 0x4000:
            total += _used(path)
        else:
            total += (stat(path)[6] + 4095) // 4096 * 4096
    return total


if world.file_system:
    from os import statvfs
else:

    def statvfs(path):
        blocks = world.flash_size // 4096
        free = max(0, blocks - _used("/") // 4096)
        return (4096, 4096, blocks, free, free, 0, 0, 0, 0, 255)


if world.mainline:

    def sync():
        pass
