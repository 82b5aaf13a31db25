# machine: pins whose ADC sees the light, and the resets.
import binascii
import time

import world

PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5


class Pin:
    IN, OUT = 1, 3
    PULL_UP, PULL_DOWN = 2, 1

    def __init__(self, id, mode=None, pull=None, value=1):
        if not 0 <= id <= 39:
            raise ValueError("invalid pin")
        self.id = id
        self._value = value

    def value(self, v=None):
        if v is None:
            return self._value
        self._value = v

    __call__ = value


class ADC:
    ATTN_0DB, ATTN_2_5DB, ATTN_6DB, ATTN_11DB = 0, 1, 2, 3
    WIDTH_9BIT, WIDTH_10BIT, WIDTH_11BIT, WIDTH_12BIT = 0, 1, 2, 3

    def __init__(self, pin):
        if not 32 <= pin.id <= 39:
            raise ValueError("invalid Pin for ADC")
        self._pin = pin

    def atten(self, level):
        pass

    def width(self, bits):
        pass

    def read(self):
        return world.sound() if self._pin.id == 36 else world.light()

    def read_u16(self):
        return self.read() * 65535 // 4095


class I2C:
    def __init__(self, id, scl=None, sda=None, freq=400000):
        pass

    def scan(self):
        return [38, 60] if world.model == "mpython" else []


def unique_id():
    return binascii.unhexlify(world.id)


def freq(hz=None):
    return 240000000


def reset_cause():
    return HARD_RESET


def reset():
    world.reset(world.HARD_RESET)


def soft_reset():
    world.reset(world.SOFT_RESET)


def idle():
    time.sleep_ms(1)
