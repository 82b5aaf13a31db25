# machine: pins, ADCs that measure the simulated light and sound, I2C, and resets.
import binascii
import time

import world

PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5


# The highest GPIO, the GPIOs with an ADC, and the GPIO of the microphone.
if world.variant == "v3":
    _PINS, _ADCS, _MICROPHONE = 48, range(1, 21), 6
elif world.platform == "rp2":
    _PINS, _ADCS, _MICROPHONE = 29, range(26, 30), None
elif world.platform == "esp8266":
    _PINS, _ADCS, _MICROPHONE = 16, (), None
else:
    _PINS, _ADCS, _MICROPHONE = 39, range(32, 40), 36


class Pin:
    IN, OUT = 1, 3
    PULL_UP, PULL_DOWN = 2, 1

    def __init__(self, id, mode=None, pull=None, value=1):
        if not 0 <= id <= _PINS:
            raise ValueError("invalid pin")
        self.id = id
        self._value = value

    def value(self, v=None):
        if v is None:
            return 0 if self.id in world.pressed() else self._value
        self._value = v

    __call__ = value


class _ADC:
    def __init__(self, pin):
        if pin.id not in _ADCS:
            raise ValueError("invalid Pin for ADC")
        self._pin = pin

    def _counts(self):
        return world.sound() if self._pin.id == _MICROPHONE else world.light()

    def read_u16(self):
        return self._counts() * 65535 // 4095


class _PicoADC(_ADC):
    # Channel 4 is the chip's own thermometer; RP2040 datasheet, section 4.9.5.
    def __init__(self, pin):
        if pin != 4:
            super().__init__(pin)
        self._inside = pin == 4

    def read_u16(self):
        if self._inside:
            return round((0.706 - (world.CHIP_TEMPERATURE - 27) * 0.001721) * 65535 / 3.3)
        return super().read_u16()


if world.platform == "rp2":
    ADC = _PicoADC
elif world.platform == "esp8266":

    class ADC:
        # The chip has one ADC, of ten bits.
        def __init__(self, channel):
            if channel != 0:
                raise ValueError("not a valid ADC Channel: %s" % channel)

        def read(self):
            return world.light() >> 2

        def read_u16(self):
            return self.read() * 65535 // 1023

else:

    class ADC(_ADC):
        ATTN_0DB, ATTN_2_5DB, ATTN_6DB, ATTN_11DB = 0, 1, 2, 3
        WIDTH_9BIT, WIDTH_10BIT, WIDTH_11BIT, WIDTH_12BIT = 0, 1, 2, 3

        def atten(self, level):
            pass

        def width(self, bits):
            pass

        def read(self):
            return self._counts()


class I2C:
    def __init__(self, id, scl=None, sda=None, freq=400000):
        pass

    def scan(self):
        if world.model != "mpython":
            return []
        return {"v3": [83], "nomotion": [60], "noscreen": [38]}.get(world.variant, [38, 60])


def unique_id():
    return binascii.unhexlify(world.id)


def freq(hz=None):
    return {"rp2": 125000000, "esp8266": 80000000}.get(world.platform, 240000000)


def reset_cause():
    return HARD_RESET


def reset():
    world.reset(world.HARD_RESET)


def soft_reset():
    world.reset(world.SOFT_RESET)


def idle():
    time.sleep_ms(1)
