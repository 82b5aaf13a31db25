"""Sensors: each is (read, unit, min, max). read() gives a number; min and max are None where the range is open."""

import sys


def value(sensor):
    """(value, error) of a sensor: one of them is None."""
    try:
        n = sensor[0]()
    except Exception as e:
        return None, "%s: %s" % (type(e).__name__, e)
    if isinstance(n, bool) or not isinstance(n, (int, float)):
        return None, "read() gave no number"
    # NaN and the infinities are no JSON.
    return (n, None) if n - n == 0 else (None, "read() gave no finite number")


def raw(read):
    """Counts of 0-4095, as an ADC of twelve bits gives them."""
    return read, "raw", 0, 4095


def analog(pin):
    """A pin's ADC. The ports differ in how they give the counts."""
    from machine import ADC, Pin

    if sys.platform == "esp8266":
        adc = ADC(0)
        return raw(lambda: adc.read() << 2)
    adc = ADC(Pin(pin))
    if hasattr(adc, "atten"):
        adc.atten(ADC.ATTN_11DB)
    return raw(adc.read if hasattr(adc, "read") else lambda: adc.read_u16() >> 4)


def lux(chip):
    """The calibrated light sensor of the mPython's third generation."""

    def read():
        n = chip.read()
        if n < 0:
            raise OSError("the light sensor does not answer")
        return n

    return read, "lx", 0, 157000


def button(pin):
    """1 while held down. Wired to ground: a pressed one reads 0."""
    return (lambda: 1 - pin.value()), "", 0, 1


def chip_temperature():
    """Degrees Celsius, None where it is not calibrated: the first ESP32's is off by tens of degrees."""
    try:
        if sys.platform == "rp2":
            from machine import ADC

            adc = ADC(4)
            # RP2040 datasheet, section 4.9.5: 0.706 V at 27 degrees, 1.721 mV less for each degree.
            return (lambda: round(27 - (adc.read_u16() * 3.3 / 65535 - 0.706) / 0.001721, 1)), "\xb0C", -40, 125
        import esp32

        return esp32.mcu_temperature, "\xb0C", -40, 125
    except Exception:
        return None
