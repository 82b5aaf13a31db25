# ssd1106, frozen into the mPython: the screen without the mpython module and its font.
import sim_screen


class SSD1106_I2C(sim_screen.Screen):
    def __init__(self, width, height, i2c, addr=0x3C, external_vcc=False):
        if addr not in i2c.scan():
            raise OSError(19)
        super().__init__()
