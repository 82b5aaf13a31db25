"""The routes of the HTTP API, version 1."""

import gc
import json
import sys
import time

from mpctl import VERSION, http, sensor

# Modules that few clients need are imported at the first request.
LAZY = {"/": "page", "/metrics": "metrics", "/api/stream": "stream"}


class Api:
    """The routes. sensors: by name, as sensor.py has them."""

    def __init__(self, settings, kind, sensors, station):
        self.settings, self.kind, self.sensors, self.station = settings, kind, sensors, station
        self.port = settings["port"]
        self.answered = {}  # the number of answers by status; the server counts them
        self._uptime, self._now = 0, time.ticks_ms()
        self._forms = {}  # the JSON of each sensor's reading, with %s for the value
        for name in sensors:
            parts = [json.dumps(p).replace("%", "%%") for p in (name,) + sensors[name][1:]]
            self._forms[name] = '{"sensor": %s, "value": %%s, "unit": %s, "min": %s, "max": %s' % tuple(parts)

    def answer(self, path, query):
        """The answer for a path, as http.py has it."""
        if path.startswith("/api/read/"):
            name = path[10:]
            if name in self.sensors:
                return 200, http.JSON, self.read(name), b""
            return self.no_sensor(name)
        if path == "/api/read":
            return 200, http.JSON, self.read_all(), b""
        if path == "/api/info":
            return 200, http.JSON, (json.dumps(self.info()) + "\n").encode(), b""
        if path in LAZY:
            return getattr(__import__("mpctl." + LAZY[path]), LAZY[path]).answer(self, query)
        return http.error(404, "nothing at %s; there are /, /api/info, /api/read, /api/stream, /metrics" % path)

    def no_sensor(self, name):
        has = ", ".join(sorted(self.sensors)) or "none"
        return http.error(404, "no sensor %s; this board has: %s" % (name, has))

    def info(self):
        """The object of /api/info, as a dict."""
        gc.collect()
        sensors = self.sensors
        return {
            "api": 1,
            "name": self.settings["name"],
            "id": self.settings["id"],
            "board": self.kind,
            "fw": VERSION,
            # The language level. The mPython's banner has a release number of its own.
            "micropython": ".".join([str(n) for n in sys.implementation[1][:3]]),
            "uptime_s": self.uptime_ms() // 1000,
            "heap_free": gc.mem_free(),
            "ip": self.station.ip,
            "port": self.port,
            "wifi": {"ssid": self.station.ssid(), "rssi": self.station.rssi()},
            "sensors": [
                {"name": n, "unit": sensors[n][1], "min": sensors[n][2], "max": sensors[n][3]} for n in sorted(sensors)
            ],
        }

    def step(self, now):
        # ticks_ms() starts over after some days, so it is looked at more often.
        self.uptime_ms()
        return 60000

    def uptime_ms(self):
        now = time.ticks_ms()
        self._uptime += time.ticks_diff(now, self._now)
        self._now = now
        return self._uptime

    def _reading(self, name):
        # JSON without its closing brace.
        value, error = sensor.value(self.sensors[name])
        if error is None:
            return self._forms[name] % value
        return self._forms[name] % "null" + ', "error": ' + json.dumps(error)

    def read(self, name):
        """A sensor's reading as a line of JSON."""
        return (self._reading(name) + ', "uptime_ms": %d}\n' % self.uptime_ms()).encode()

    def read_all(self):
        """Every sensor's reading as a line of JSON."""
        readings = "}, ".join([self._reading(name) for name in sorted(self.sensors)])
        return ('{"readings": [%s], "uptime_ms": %d}\n' % (readings and readings + "}", self.uptime_ms())).encode()
