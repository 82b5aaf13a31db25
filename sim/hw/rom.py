# What a board's ROM and frozen code do: start the hardware, run boot.py and main.py, serve the REPL.
# Usage: micropython rom.py RUNDIR BOOT, where BOOT is hard, soft or soft-raw.
# A reset ends the process. Its exit code is the kind of reset, and sim/process.go starts the next process.
import builtins
import sys
import time

import repl
import world

world.load(sys.argv[1])

# Modules that the unix port has and a board does not have.
NEVER = ("ffi", "termios", "jni", "vfs", "tls", "mip", "requests", "world", "repl", "image")
OLD = ("deflate", "asyncio", "uasyncio")  # deflate came with 1.21; the mPython has no frozen asyncio
HIDDEN = NEVER if world.mainline else NEVER + OLD
if world.platform == "esp8266":
    HIDDEN += ("_thread",)


def install_hardware():
    # Puts the shims in place of the unix port's modules, under their old u-names too. Returns the exceptions that
    # imports raise, by module.
    import sim_errno
    import sim_machine
    import sim_network
    import sim_os
    import sim_socket
    import sim_sys

    shims = {
        "errno": sim_errno, "machine": sim_machine, "network": sim_network, "os": sim_os, "socket": sim_socket,
        "sys": sim_sys,
    }
    faults = {}
    if world.platform == "esp32":
        import sim_esp32

        shims["esp32"] = sim_esp32
    try:
        import sim_ssl

        shims["ssl"] = sim_ssl
    except ImportError:
        pass  # this MicroPython has no TLS, so the board has none
    if not world.mainline:
        import sim_ssd1106
        import sim_uzlib

        sys.modules["ssd1106"] = sim_ssd1106
        shims["zlib"] = sim_uzlib
    if world.model == "mpython":
        try:
            import sim_mpython

            sys.modules["mpython"] = sim_mpython
        except OSError as e:
            faults["mpython"] = e
    for name, module in shims.items():
        sys.modules[name] = sys.modules["u" + name] = module
        sys.modules.pop("sim_" + name, None)
    return faults


def hide_the_rest(faults):
    unix_import = builtins.__import__

    def board_import(name, *args):
        if name in HIDDEN:
            raise ImportError("no module named '%s'" % name)
        if name in faults:
            raise faults[name]
        return unix_import(name, *args)

    builtins.__import__ = board_import


def boot_noise():
    if world.variant == "v3":
        print("boot...")
    for _ in range(3):
        print("=$%#=")
        time.sleep_ms(100)
    if world.variant == "v3":
        print("mpython_v3")
    print("$#mac:%s#$" % world.mac.upper())


def main(run_dir, boot):
    faults = install_hardware()
    sys.path[:] = ["", "/lib"]
    world.mount_flash()
    hide_the_rest(faults)
    console = repl.Console("MPY" if world.mainline else "mpython", world.banner(), world.mainline)
    if world.model == "mpython":
        boot_noise()
    raw = boot == "soft-raw"
    console.run_file("/boot.py")
    if world.variant == "noscreen":
        # The mPython's firmware prints this since v2.2.0.
        print("E (1234) [main]: IIC硬件错误(IIC Hardfault), main.py is not run")
    elif not raw:
        console.run_file("/main.py")
    world.reset(console.serve(raw))


main(sys.argv[1], sys.argv[2])
