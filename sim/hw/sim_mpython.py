# The parts of labplus's mpython module that people use: light, sound, oled, buttons, i2c, wifi.
import framebuf
import time

import sim_network
import world
from sim_machine import ADC, I2C, Pin
from sim_screen import Screen


class TextMode:
    normal, rev, trans, xor = 1, 2, 3, 4


def _narrow(ch):
    # The board's own font is about 6 pixels wide. MicroPython's has vertical strokes of two pixels: one is left out.
    cell = bytearray(8)
    framebuf.FrameBuffer(cell, 8, 8, framebuf.MONO_VLSB).text(ch, 0, 0)
    columns = bytearray()
    run = 0
    for i in range(8):
        run = run + 1 if i and cell[i] == cell[i - 1] else 0
        if cell[i] and run % 2 == 0:
            columns.append(cell[i])
    return columns or bytearray(3)


class OLED(Screen):
    def DispChar(self, s, x, y, mode=TextMode.normal, auto_return=False):
        start = x
        for ch in s:
            columns = _narrow(ch)
            if x + len(columns) > 128:
                if not auto_return:
                    break
                x, y = 0, y + 16
            self.fill_rect(x, y, len(columns) + 1, 16, 0)
            glyph = framebuf.FrameBuffer(columns, len(columns), 8, framebuf.MONO_VLSB)
            self.blit(glyph, x, y + 4)
            x += len(columns) + 1
        return (x - start - 1, (x - 1, y))


class Button:
    def __init__(self, pin):
        self._pin = Pin(pin)

    def value(self):
        return self._pin.value()

    def is_pressed(self):
        return self._pin.value() == 0


class wifi:
    def __init__(self):
        self.sta, self.ap = sim_network.WLAN(sim_network.STA_IF), sim_network.WLAN(sim_network.AP_IF)

    def connectWiFi(self, ssid, passwd, timeout=10):
        self.sta.active(True)
        if ssid not in [n[0].decode() for n in self.sta.scan()]:
            raise OSError("SSID invalid / failed to scan this wifi")
        self.sta.connect(ssid, passwd)
        for _ in range(timeout * 10):
            if self.sta.isconnected():
                return
            time.sleep_ms(100)
        raise OSError("Timeout!,check your wifi password and keep your network unblocked")


class LTR_308ALS:
    # The third generation's light sensor, in lux.
    def __init__(self, i2c):
        pass

    def read(self):
        return world.light() * 1.5


V3 = world.variant == "v3"
if V3:
    i2c = I2C(0, scl=Pin(43), sda=Pin(44))
    light, sound = LTR_308ALS(i2c), ADC(Pin(6))
    button_a, button_b = Button(0), Button(46)
else:
    i2c = I2C(0, scl=Pin(22), sda=Pin(23))
    if 60 in i2c.scan():
        oled = display = OLED()
    else:
        print("oled init error!")
    if 38 not in i2c.scan():
        raise OSError("MOTION init error")
    light, sound = ADC(Pin(39)), ADC(Pin(36))
    button_a, button_b = Button(0), Button(2)
