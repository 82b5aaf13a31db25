# What a board's ROM and frozen code do: bring the hardware up, run boot.py and main.py, serve the REPL.
# Started by the Go side as: micropython rom.py RUNDIR BOOT, where BOOT is hard, soft or soft-raw.
# A reset ends the process: its exit code says which kind, and the Go side starts the next life.
import builtins
import sys
import time

import repl
import world

# What the unix port has and the board has not.
NEVER = ("ffi", "termios", "jni", "vfs", "tls", "mip", "requests", "world", "repl")
HIDDEN = {
    "mpython": NEVER + ("deflate", "asyncio", "uasyncio"),
    "esp32": NEVER,
}


def install_hardware():
    # The shims take the places of the unix port's modules; the old u-names reach them too.
    import sim_machine
    import sim_network
    import sim_os
    import sim_socket
    import sim_sys

    shims = {"machine": sim_machine, "network": sim_network, "os": sim_os, "socket": sim_socket, "sys": sim_sys}
    if world.model == "mpython":
        import sim_mpython
        import sim_uzlib

        sys.modules["mpython"] = sim_mpython
        shims["zlib"] = sim_uzlib
    for name, module in shims.items():
        sys.modules[name] = sys.modules["u" + name] = module
        sys.modules.pop("sim_" + name, None)


def hide_the_rest():
    hidden = HIDDEN[world.model]
    unix_import = builtins.__import__

    def board_import(name, *args):
        if name in hidden:
            raise ImportError("no module named '%s'" % name)
        return unix_import(name, *args)

    builtins.__import__ = board_import


def boot_noise():
    for _ in range(3):
        print("=$%#=")
        time.sleep_ms(100)
    print("$#mac:%s#$" % world.id.upper())


def main(run_dir, boot):
    world.load(run_dir)
    install_hardware()
    sys.path[:] = ["", "/lib"]
    world.mount_flash()
    hide_the_rest()
    console = repl.Console("mpython" if world.model == "mpython" else "MPY", world.banner(), world.model != "mpython")
    if world.model == "mpython":
        boot_noise()
    raw = boot == "soft-raw"
    console.run_file("/boot.py")
    if not raw:
        console.run_file("/main.py")
    world.reset(console.serve(raw))


main(sys.argv[1], sys.argv[2])
