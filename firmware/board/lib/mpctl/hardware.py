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
        mpython = None
        try:
            # Starts every chip on the board, and raises where one of them does not answer.
            import mpython

            self.oled = getattr(mpython, "oled", None)
        except Exception as e:
            print("mpctl: mpython module: %s" % e)
            self._screen_alone()
        self._attempt("light", _light, getattr(mpython, "light", None))
        self._attempt("sound", _sound, getattr(mpython, "sound", None))
        # GPIOs of the buttons: the second generation's where the module does not say.
        self._attempt("button_a", _button, getattr(mpython, "button_a", None), 0)
        self._attempt("button_b", _button, getattr(mpython, "button_b", None), 2)

    def _screen_alone(self):
        try:
            import ssd1106
            from machine import I2C, Pin

            self.oled = ssd1106.SSD1106_I2C(128, 64, I2C(0, scl=Pin(22), sda=Pin(23), freq=400000))
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
        """Text on the screen, where there is one: four lines, each 16 pixels high. A longer one goes on below."""
        oled = self.oled
        if oled is None:
            return
        try:
            narrow = getattr(oled, "DispChar", None)
            write = narrow or oled.text
            oled.fill(0)
            rows = []
            for line in lines:
                rows += _broken(line, 21 if narrow else 16)
            for i, row in enumerate(rows[:4]):
                write(row, 0, 16 * i)
            oled.show()
        except Exception as e:
            print("mpctl: screen: %s" % e)
            self.oled = None


def _broken(line, width):
    # Rows of that many Latin characters; a Chinese one takes the room of three.
    rows, row, room = [], "", width
    for c in line:
        needs = 1 if c < "\u0250" else 3
        if needs > room:
            rows.append(row)
            row, room = "", width
        row += c
        room -= needs
    return rows + [row]


def _light(chip):
    if chip is None or not isinstance(chip.read(), float):
        return _analog(39)

    def lux():
        value = chip.read()
        if value < 0:
            raise OSError("the light sensor does not answer")
        return value

    # The third generation has a calibrated sensor.
    return lux, "lx", 0, 157000


def _sound(adc):
    return (adc.read, "raw", 0, ADC_MAX) if adc is not None else _analog(36)


def _button(button, pin):
    if button is None:
        from machine import Pin

        button = Pin(pin, Pin.IN, Pin.PULL_UP)
    # Wired to ground: a pressed one reads 0.
    return (lambda: 1 - button.value()), "", 0, 1


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
