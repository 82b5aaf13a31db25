# The environment of a simulated board, as the Go side of package sim sets it, and what the board reports back.
import ffi
import json
import math
import micropython
import os
import random
import time

HARD_RESET = 81
SOFT_RESET = 82
SOFT_RESET_RAW = 83
POWER_FAILURE = 84
CHIP_TEMPERATURE = 41  # degrees Celsius

_exit = ffi.open(None).func("v", "_exit", "i")
_rename = ffi.open(None).func("i", "rename", "ss")
_sigprocmask = ffi.open(None).func("i", "sigprocmask", "iPP")


# By model: platform, machine, MicroPython, EADDRINUSE, ETIMEDOUT, IP_ADD_MEMBERSHIP, host name, and when the built-in mDNS
# responder takes port 5353.
_LABPLUS = ("esp32", "mpython with ESP32", (1, 12, 0), 98, 110, 3, "espressif", "address")
MODELS = {
    "mpython": _LABPLUS,
    "mpython-nomotion": _LABPLUS,
    "mpython-noscreen": _LABPLUS,
    "mpython-v3": ("esp32", "mpython pro with ESP32S3", (1, 24, 1), 112, 116, 3, "mpy-esp32s3", "address"),
    "esp32": ("esp32", "ESP32 module with ESP32", (1, 25, 0), 112, 116, 3, "mpy-esp32", "address"),
    "rp2": ("rp2", "Raspberry Pi Pico W with RP2040", (1, 25, 0), 98, 110, 0x400, "PicoW", "always"),
    "esp8266": ("esp8266", "ESP8266 module with ESP8266", (1, 25, 0), 98, 110, 0x400, "mpy-esp8266", None),
}


def load(run_dir):
    # sim/board.go writes board.json and environment.json into this folder, which the board does not see.
    global model, variant, mainline, platform, machine_name, release, eaddrinuse, etimedout, add_membership, host_name
    global id, mac, light_value, flash_dir, flash_size, file_system, flash, writes_left, constants, host, started, responder, port_5353, _changes
    host = os.VfsPosix(run_dir)
    c = recall("board")
    model, _, variant = c["model"].partition("-")
    platform, machine_name, release, eaddrinuse, etimedout, add_membership, host_name, responder = MODELS[c["model"]]
    mainline = release != (1, 12, 0)
    port_5353 = "radio" if responder == "always" else None  # or "python": what has the port open
    id, mac = c["id"], c["mac"]
    light_value, flash_dir, flash_size = c["light"], run_dir + "/flash", c["flash_size"]
    constants = c["system_constants"]
    file_system, writes_left = c["filesystem"], c["writes"]
    if file_system:
        import image

        folder, _, name = c["image"].rpartition("/")
        chip = image.Flash(os.VfsPosix(folder).open("/" + name, "r+b"), _hold_interrupt, _written)
        flash = image.file_system(file_system, chip)
    else:
        flash = os.VfsPosix(flash_dir)
    started = time.ticks_ms()
    _changes = host.open("/changes", "rb")
    look()


_change, _looked = bytearray(1), bytearray(1)


def look():
    # Reads the networks, the board's address and its buttons, if the counter in sim/environment.go has changed.
    global networks, address, buttons
    _changes.seek(0)
    _changes.readinto(_change)
    if _change[0] != _looked[0]:
        _looked[0] = _change[0]
        now = recall("environment")
        networks, address, buttons = now["networks"], now["address"], now["buttons"]


def settle():
    # sim_network replaces this by a function that brings the radio's state up to date.
    pass


def pressed():
    # Returns the GPIOs of the buttons that are held down.
    look()
    return buttons


def mount_flash():
    os.umount("/")
    os.mount(flash, "/")
    os.chdir("/")


# On a board ^C waits until C code has ended. Here it is a signal, which would interrupt a file system between two steps.
# So it is blocked from the first block that a file system uses to the next jump of the program that called it.
def _hold_interrupt():
    (_block, _nothing)[_held]()


def _block():
    global _held
    _held = 1
    _sigprocmask(constants["block_signal"], _SIGINT, None)
    micropython.schedule(release_interrupt, None)


def release_interrupt(_=None):
    global _held
    _held = 0
    _sigprocmask(constants["unblock_signal"], _SIGINT, None)


_held = 0
_SIGINT = bytearray(128)
_SIGINT[0] = 1 << 2 - 1


def _nothing(*_):
    pass


def _written():
    # Counts the blocks that are written. A file system calls it, so it has no jump.
    global writes_left
    writes_left -= 1
    (_nothing, reset)[writes_left == 0](POWER_FAILURE)


def rename(old, new):
    # VfsPosix.rename confuses its two paths when it has a root, so this calls libc.
    return _rename(flash_dir + old, flash_dir + new)


def reset(code):
    _exit(code)


def version():
    return "v2.6.1-31-g1a19d5f on 2026-08-10" if not mainline else "v%d.%d.%d on 2025-04-15" % release


def banner():
    return "MicroPython %s; %s" % (version(), machine_name)


def remember(name, value):
    # Keeps a value over a soft reset, as C statics do on a board.
    f = host.open("/" + name + ".json", "w")
    f.write(json.dumps(value))
    f.close()


def recall(name):
    try:
        f = host.open("/" + name + ".json", "r")
        value = json.loads(f.read())
        f.close()
        return value
    except (OSError, ValueError):
        return None


def light():
    # Returns ADC counts: a day of two minutes between dusk and noon, with a little noise.
    if light_value is not None:
        return light_value
    day = math.sin(2 * math.pi * (time.time() % 120) / 120)
    return max(0, min(4095, int(1900 + 1500 * day) + random.getrandbits(5) - 16))


def sound():
    # Returns ADC counts of a quiet room.
    return random.getrandbits(6)
