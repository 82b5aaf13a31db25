"""Finds out what this board is: its kind, its sensors, its screen."""

import os
import sys

from mpctl import sensor


def kind():
    """mpython, esp32, esp8266, rp2 or unix, as TXT records and /api/info name it."""
    try:
        if os.uname().machine.startswith("mpython"):
            return "mpython"
    except AttributeError:
        pass
    return {"esp32": "esp32", "esp8266": "esp8266", "rp2": "rp2"}.get(sys.platform, "unix")


def find(settings):
    """(kind, sensors by name, screen or None). The settings and /sensors.py add sensors."""
    board, sensors, oled = kind(), {}, None

    def add(name, make, *args):
        try:
            sensors[name] = make(*args)
        except Exception as e:
            print("mpctl: sensor %s does not start: %s" % (name, e))

    if board == "mpython":
        mpython = None
        try:
            # The import starts every chip on the board, and raises if one does not answer.
            import mpython

            oled = getattr(mpython, "oled", None)
        except Exception as e:
            print("mpctl: mpython module: %s" % e)
            oled = _find_screen()
        add("light", _light, getattr(mpython, "light", None))
        add("sound", _sound, getattr(mpython, "sound", None))
        # Where the module has no buttons, the GPIOs are those of the second generation.
        add("button_a", _button, getattr(mpython, "button_a", None), 0)
        add("button_b", _button, getattr(mpython, "button_b", None), 2)
    chip = sensor.chip_temperature()
    if chip:
        sensors["chip_temperature"] = chip
    for name, spec in settings.items():
        if isinstance(spec, dict) and isinstance(spec.get("pin"), int):
            add(name, sensor.analog, spec["pin"])
    _add_users_sensors(sensors)
    return board, sensors, oled


def _find_screen():
    try:
        import ssd1106
        from machine import I2C, Pin

        return ssd1106.SSD1106_I2C(128, 64, I2C(0, scl=Pin(22), sda=Pin(23), freq=400000))
    except Exception as e:
        print("mpctl: no screen: %s" % e)


def _add_users_sensors(found):
    try:
        import sensors
    except ImportError:
        return
    except Exception as e:
        print("mpctl: /sensors.py: %s" % e)
        return
    given = getattr(sensors, "SENSORS", None)
    for name, spec in given.items() if isinstance(given, dict) else ():
        try:
            name.encode()  # raises for a name that is not a string
            found[name] = (spec["read"], spec.get("unit", ""), spec.get("min"), spec.get("max"))
        except (TypeError, KeyError, AttributeError):
            print('mpctl: /sensors.py: %s is not "name": {"read": function}' % (name,))


def _light(chip):
    # Light in lux is a float; an integer is a count of the ADC.
    return sensor.lux(chip) if chip is not None and isinstance(chip.read(), float) else sensor.analog(39)


def _sound(adc):
    return sensor.raw(adc.read) if adc is not None else sensor.analog(36)


def _button(button, pin):
    if button is None:
        from machine import Pin

        button = Pin(pin, Pin.IN, Pin.PULL_UP)
    return sensor.button(button)
