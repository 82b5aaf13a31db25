# The parts of labplus's mpython module that people use: light, sound, oled, buttons, i2c, wifi.
import framebuf
import time

import sim_network
import world
from sim_machine import ADC, I2C, Pin


class TextMode:
    normal, rev, trans, xor = 1, 2, 3, 4


class OLED(framebuf.FrameBuffer):
    # 128 x 64, the SSD1306's own memory layout; show() hands the picture to the Go side.
    def __init__(self):
        self._pixels = bytearray(128 * 64 // 8)
        super().__init__(self._pixels, 128, 64, framebuf.MONO_VLSB)
        self._screen = world.host.open("/oled", "wb")
        self.show()

    def show(self):
        self._screen.seek(0)
        self._screen.write(self._pixels)
        self._screen.flush()

    def DispChar(self, s, x, y, mode=TextMode.normal, auto_return=False):
        start = x
        cell = bytearray(8)
        glyph = framebuf.FrameBuffer(cell, 8, 8, framebuf.MONO_VLSB)
        for ch in s:
            glyph.fill(0)
            glyph.text(ch, 0, 0)
            used = [i for i in range(8) if cell[i]]
            if used:
                glyph.scroll(-used[0], 0)
                width = used[-1] - used[0] + 2
            else:
                width = 4
            if x + width > 128:
                if not auto_return:
                    break
                x, y = 0, y + 16
            self.fill_rect(x, y, width, 16, 0)
            self.blit(glyph, x, y + 4, 0)
            x += width
        return (x - start - 1, (x - 1, y))

    def contrast(self, level):
        pass

    def poweroff(self):
        pass

    def poweron(self):
        self.show()


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


i2c = I2C(0, scl=Pin(22), sda=Pin(23))
oled = display = OLED()
light, sound = ADC(Pin(39)), ADC(Pin(36))
button_a, button_b = Button(0), Button(2)
