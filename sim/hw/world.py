# The world around one simulated board: what the Go side decided, and the way back to it.
import ffi
import json
import math
import os
import random
import time

HARD_RESET = 81
SOFT_RESET = 82
SOFT_RESET_RAW = 83

_exit = ffi.open(None).func("v", "_exit", "i")
_rename = ffi.open(None).func("i", "rename", "ss")


def load(run_dir):
    # board.json is written by sim/process.go; this folder is not visible from the board.
    global model, id, address, networks, light_value, flash_dir, flash_size, constants, host, started
    host = os.VfsPosix(run_dir)
    f = host.open("/board.json", "r")
    c = json.loads(f.read())
    f.close()
    model, id, address, networks = c["model"], c["id"], c["address"], c["networks"]
    light_value, flash_dir, flash_size = c["light"], run_dir + "/flash", c["flash_size"]
    constants = c["socket_constants"]
    started = time.ticks_ms()


def mount_flash():
    os.umount("/")
    os.mount(os.VfsPosix(flash_dir), "/")
    os.chdir("/")


def rename(old, new):
    # VfsPosix.rename with a root mixes its two paths up, so this goes to libc.
    return _rename(flash_dir + old, flash_dir + new)


def reset(code):
    _exit(code)


def machine_name():
    return "mpython with ESP32" if model == "mpython" else "ESP32 module with ESP32"


def release():
    return (1, 12, 0) if model == "mpython" else (1, 25, 0)


def version():
    return "v2.6.1-31-g1a19d5f on 2026-08-10" if model == "mpython" else "v1.25.0 on 2025-04-15"


def banner():
    return "MicroPython %s; %s" % (version(), machine_name())


def remember(name, value):
    # What outlives a soft reset, as C statics do on a board.
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
    # ADC counts: a day of two minutes, between dusk and noon, with a little noise.
    if light_value is not None:
        return light_value
    day = math.sin(2 * math.pi * (time.time() % 120) / 120)
    return max(0, min(4095, int(1900 + 1500 * day) + random.getrandbits(5) - 16))


def sound():
    # ADC counts: a quiet room.
    return random.getrandbits(6)
