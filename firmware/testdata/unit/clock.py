import time


class Clock:
    """Stands in for a module's time. It starts shortly before a board's ticks start over."""

    now = (1 << 30) - 2000

    def ticks_ms(self):
        return self.now & ((1 << 30) - 1)

    ticks_add, ticks_diff = staticmethod(time.ticks_add), staticmethod(time.ticks_diff)
