# The OLED: 128 x 64 pixels in the memory layout of an SSD1306. show() passes the picture to sim/screen.go.
import framebuf

import world


class Screen(framebuf.FrameBuffer):
    def __init__(self):
        self._pixels = bytearray(128 * 64 // 8)
        super().__init__(self._pixels, 128, 64, framebuf.MONO_VLSB)
        self._file = world.host.open("/oled", "wb")
        self.show()

    def show(self):
        self._file.seek(0)
        self._file.write(self._pixels)
        self._file.flush()

    def contrast(self, level):
        pass

    def poweroff(self):
        pass

    def poweron(self):
        self.show()
