"""main(): the WiFi, the responder and the server on one loop, from boot to Ctrl-C."""

import time

from mpctl import VERSION, beacon, config, hardware, httpd, mdns
from mpctl.api import Api
from mpctl.loop import Loop

OTHER_PORTS = tuple(range(8080, 8090))  # where the configured one is taken, or not allowed


def run(clients):
    settings = config.load()
    hw = hardware.Hardware(settings["sensors"])
    station = _station(settings, hw)
    if station is None:
        print("mpctl: no WiFi is configured: run 'mpctl provision' on the computer")
        hw.show("mpctl: no WiFi", "run provision")
        return
    App(settings, hw, station, clients).run()


def _station(settings, hw):
    try:
        import network
    except ImportError:
        return _Wired()
    from mpctl import station

    return station.Station(settings["wifi"], settings["name"], hw.show) if settings["wifi"] else None


class _Wired:
    # MicroPython on a computer: the network is there, and not ours to manage.
    ip = "127.0.0.1"

    def step(self, now):
        return 60000

    def release(self):
        pass

    def ssid(self):
        return None

    rssi = ssid


class App:
    def __init__(self, settings, hw, station, clients):
        self._settings, self._hw, self._station = settings, hw, station
        self._loop = Loop()
        self._api = Api(settings, hw, station)
        self._server = httpd.Server(self._loop, self._api.answer, self._tell_client if clients else None)
        self._api.answered = self._server.answered
        self._beacon = beacon.Beacon(self._loop, self._api.info)
        self._responder = None
        self._ip = None

    def run(self):
        # Before the WiFi: on an ESP32 whoever binds 5353 first has it.
        self._responder = self._bind_responder()
        self._loop.every(self._api.step)
        self._loop.every(self._follow_station)
        try:
            while True:
                self._loop.turn()
        except KeyboardInterrupt:
            print("mpctl: stopped")
        finally:
            self._server.close()
            self._beacon.close()
            if self._responder:
                self._responder.close()

    def _bind_responder(self):
        for attempt in (1, 2):
            try:
                return mdns.Responder(self._loop, mdns.bind(), self._rename)
            except OSError as e:
                fault = e
                if attempt == 1:
                    # A built-in responder has it since the WiFi came up; it lets go when the WiFi goes.
                    self._station.release()
                    time.sleep_ms(200)
        # On a Pico W it never does: that one answers for the host's name, and the beacon tells the rest.
        print("mpctl: mDNS: port %d is taken (%s): the beacon is on port %d" % (mdns.PORT, fault, beacon.PORT))
        return None

    def _follow_station(self, now):
        wait = self._station.step(now)
        ip = self._station.ip
        if ip != self._ip:
            self._ip = ip
            self._server.close()
            self._beacon.close()
            if self._responder:
                self._responder.leave()
            if ip:
                self._serve(ip)
            else:
                print("mpctl: WiFi lost")
        return wait

    def _serve(self, ip):
        name = self._settings["name"]
        try:
            info, port = self._server.listen(ip, (self._settings["port"],) + OTHER_PORTS)
        except OSError as e:
            print("mpctl: cannot listen on %s: %s" % (ip, e))
            self._ip = None
            return
        self._api.port = port
        self._beacon.open()
        # The screen is slow, so it comes before the announcements and their pauses; and who reads that the board
        # listens finds it at once.
        where = self._show_address()
        if self._responder:
            about = [
                "txtvers=1",
                "id=" + self._settings["id"],
                "fw=" + VERSION,
                "board=" + self._hw.kind,
                "sensors=" + ",".join(sorted(self._hw.sensors)),
            ]
            services = [(b"_mpctl._tcp", about), (b"_http._tcp", ["path=/"])]
            self._responder.join(name, ip, services, port)
        else:
            self._tell_built_in(port)
        print("Bind address info:", info)
        print("Listening, connect your browser to http://%s/" % where)

    def _tell_built_in(self, port):
        # Some built-in responders take services from Python.
        try:
            import network

            for service in ("_mpctl", "_http"):
                network.mdns_service(service, "_tcp", port)
        except (ImportError, AttributeError):
            pass
        except Exception as e:
            print("mpctl: mDNS: %s" % e)

    def _show_address(self):
        where = self._ip if self._api.port == 80 else "%s:%d" % (self._ip, self._api.port)
        url = "http://" + where
        # No more fits on a line of the screen.
        self._hw.show("Connect your browser", url if len(url) <= 20 else where, self._settings["name"] + ".local")
        return where

    def _rename(self, name):
        self._settings["name"] = name
        try:
            config.save({"name": name})
        except OSError as e:
            print("mpctl: the name cannot be kept: %s" % e)
        self._show_address()
        print("mpctl: mDNS: this is %s.local now" % name)

    def _tell_client(self, sock, address):
        print("Client address:", address)
        print("Client socket:", sock)
