"""What this board has: its kind, its sensors, its screen.

A sensor is (read, unit, min, max): read() gives a number; min and max are None where the range is open.
"""

import os
import sys

ADC_MAX = 4095


def kind():
    """mpython, esp32, esp8266, rp2 or unix, as TXT records and /api/info name it."""
    try:
        if os.uname().machine.startswith("mpython"):
            return "mpython"
    except AttributeError:
        pass
    return {"esp32": "esp32", "esp8266": "esp8266", "rp2": "rp2"}.get(sys.platform, "unix")


def micropython_version():
    """The language level, "1.12.0": an mPython's own release number in the banner is another thing."""
    return ".".join([str(n) for n in sys.implementation[1][:3]])


class Hardware:
    def __init__(self, settings):
        self.kind = kind()
        self.oled = None
        self.sensors = {}
        if self.kind == "mpython":
            self._mpython()
        for name, spec in settings.items():
            if isinstance(spec, dict) and isinstance(spec.get("pin"), int):
                self._attempt(name, _analog, spec["pin"])
        self._users_own()

    def _attempt(self, name, make, *args):
        try:
            self.sensors[name] = make(*args)
        except Exception as e:
            print("mpctl: sensor %s does not start: %s" % (name, e))

    def _mpython(self):
        try:
            # Starts every chip on the board, and raises where one of them does not answer.
            import mpython

            self.oled = getattr(mpython, "oled", None)
            light = getattr(mpython, "light", None)
            if light is not None and isinstance(light.read(), float):
                # The third generation has a calibrated sensor.
                self.sensors["light"] = (light.read, "lx", 0, 157000)
                return
        except Exception as e:
            print("mpctl: mpython module: %s" % e)
            self._screen_alone()
        self._attempt("light", _analog, 39)
        self._attempt("sound", _analog, 36)

    def _screen_alone(self):
        try:
            import ssd1306
            from machine import I2C, Pin

            self.oled = ssd1306.SSD1306_I2C(128, 64, I2C(0, scl=Pin(22), sda=Pin(23), freq=400000))
        except Exception as e:
            print("mpctl: no screen: %s" % e)

    def _users_own(self):
        try:
            import sensors
        except ImportError:
            return
        except Exception as e:
            print("mpctl: /sensors.py: %s" % e)
            return
        own = getattr(sensors, "SENSORS", None)
        for name, spec in own.items() if isinstance(own, dict) else ():
            try:
                name.encode()  # a name that is no string would break every list of names
                self.sensors[name] = (spec["read"], spec.get("unit", ""), spec.get("min"), spec.get("max"))
            except (TypeError, KeyError, AttributeError):
                print('mpctl: /sensors.py: %s is not "name": {"read": function}' % (name,))

    def show(self, *lines):
        """Text on the screen, where there is one: a line each 16 pixels."""
        oled = self.oled
        if oled is None:
            return
        try:
            write = getattr(oled, "DispChar", None) or oled.text
            oled.fill(0)
            for i, line in enumerate(lines):
                write(line, 0, 16 * i)
            oled.show()
        except Exception as e:
            print("mpctl: screen: %s" % e)
            self.oled = None


def _analog(pin):
    # Counts of 0-4095 on every board: the ports differ in how they give them.
    from machine import ADC, Pin

    if sys.platform == "esp8266":
        adc = ADC(0)
        return (lambda: adc.read() << 2), "raw", 0, ADC_MAX
    adc = ADC(Pin(pin))
    if hasattr(adc, "atten"):
        adc.atten(ADC.ATTN_11DB)
    if hasattr(adc, "read"):
        return adc.read, "raw", 0, ADC_MAX
    return (lambda: adc.read_u16() >> 4), "raw", 0, ADC_MAX


def read(sensor):
    """(value, error) of a sensor tuple: one of them is None."""
    try:
        value = sensor[0]()
    except Exception as e:
        return None, "%s: %s" % (type(e).__name__, e)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None, "read() gave no number"
    if value != value or value in (float("inf"), -float("inf")):
        return None, "read() gave no finite number"
    return value, None
