"""main(): the WiFi, the responder and the server on one loop, from boot to Ctrl-C."""

import gc

from mpctl import visit


def run(clients):
    app = App()
    # What compiling leaves behind goes at once: else the modules end up all over the heap, with no room for anything
    # long between them.
    gc.threshold(4096)
    # What is forgotten again comes before what stays: to compile takes room.
    app.settings = visit("config").load()
    app.kind, app.sensors, app.oled = visit("hardware").find(app.settings["sensors"])
    able = visit("start").start(app, clients)
    gc.threshold(-1)
    if able:
        app.run()


class App:
    """Has settings, kind, sensors and oled (None without a screen); start.py adds the station, loop, api, server, beacon
    and responder (None where port 5353 is another's)."""

    ip = None  # where the board can be reached

    def show(self, *lines):
        """Lines on the screen, if there is one."""
        if self.oled:
            self.oled = visit("screen").show(self.oled, lines)

    def run(self):
        self.loop.every(self.api.step)
        self.loop.every(self._follow_station)
        try:
            while True:
                self.loop.turn()
        except KeyboardInterrupt:
            print("mpctl: stopped")
        finally:
            self.server.close()
            self.beacon.close()
            if self.responder:
                self.responder.close()

    def _follow_station(self, now):
        wait = self.station.step(now)
        ip = self.station.ip
        if ip != self.ip:
            self.ip = ip
            self.server.close()
            self.beacon.close()
            if self.responder:
                self.responder.leave()
            if ip:
                visit("address").serve(self, ip)
            else:
                print("mpctl: WiFi lost")
        return wait

    def renamed(self, name):
        """The name was another's: this is ours now."""
        visit("address").renamed(self, name)
