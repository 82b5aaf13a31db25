"""Sensors: (read, unit, min, max) each. read() returns a number; min and max are None where the range is open."""

import sys


def value(sensor):
    """(value, error) of a sensor, one of which is None."""
    try:
        n = sensor[0]()
    except Exception as e:
        return None, "%s: %s" % (type(e).__name__, e)
    if isinstance(n, bool) or not isinstance(n, (int, float)):
        return None, "read() gave no number"
    # JSON has no NaN and no infinities.
    return (n, None) if n - n == 0 else (None, "read() gave no finite number")


def raw(read):
    """A sensor of an ADC with twelve bits."""
    return read, "raw", 0, 4095


def analog(pin):
    """The sensor at a pin's ADC, which differs from port to port."""
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
    """1 while the button is held down. It is wired to ground, so that its pin reads 0 then."""
    return (lambda: 1 - pin.value()), "", 0, 1


def chip_temperature():
    """Degrees Celsius; None for a chip that is not calibrated: the first ESP32 is off by tens of degrees."""
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
