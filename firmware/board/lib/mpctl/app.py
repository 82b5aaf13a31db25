"""The App: WiFi, responder and server on one loop, from boot to Ctrl-C."""

import gc

from mpctl import visit


def run(clients):
    app = App()
    # Garbage of the compiler is collected early. Otherwise the modules are scattered over the heap, with no room for a
    # long object between them.
    gc.threshold(4096)
    # Modules for one use come before those that stay: compiling needs room.
    app.settings = visit("config").load()
    app.kind, app.sensors, app.oled = visit("hardware").find(app.settings["sensors"])
    ready = visit("start").start(app, clients)
    gc.threshold(-1)
    if ready:
        app.run()


class App:
    """Has settings, kind, sensors and oled (None without a screen); start.py adds station, loop, api, server, beacon
    and responder (None where another program holds port 5353)."""

    ip = None  # the address at which the board serves

    def show(self, *lines):
        """Write lines on the screen, if there is one."""
        if self.oled:
            self.oled = visit("screen").show(self.oled, lines)

    def run(self):
        self.loop.add(self.api.step)
        self.loop.add(self._follow_station)
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
        """The responder calls this: another host holds the old name."""
        visit("address").renamed(self, name)
