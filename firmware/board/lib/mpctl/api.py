"""The routes of the HTTP API, version 1."""

import gc
import json
import time

from mpctl import VERSION, hardware, http, page

HTML = b"text/html; charset=utf-8"


class Api:
    def __init__(self, config, hw, station):
        self._config, self._hw, self._station = config, hw, station
        self._began = time.ticks_ms()
        self._hours = 0
        self.port = config["port"]

    def answer(self, path, query):
        """The answer of the server for a path."""
        if path.startswith("/api/read/"):
            name = path[10:]
            if name in self._hw.sensors:
                return self._json(self._reading(name, True))
            has = ", ".join(sorted(self._hw.sensors)) or "none"
            return http.error(404, "no sensor %s; this board has: %s" % (name, has))
        if path == "/api/read":
            return self._json({"readings": self._readings(), "uptime_ms": self._uptime_ms()})
        if path == "/api/info":
            return self._json(self.info())
        if path == "/":
            return 200, HTML, page.render(self._config["name"], self._readings()).encode(), b""
        return http.error(404, "nothing at %s; there are /, /api/info, /api/read" % path)

    def info(self):
        gc.collect()
        sensors = self._hw.sensors
        return {
            "api": 1,
            "name": self._config["name"],
            "id": self._config["id"],
            "board": self._hw.kind,
            "fw": VERSION,
            "micropython": hardware.micropython_version(),
            "uptime_s": self._uptime_ms() // 1000,
            "heap_free": gc.mem_free(),
            "ip": self._station.ip,
            "port": self.port,
            "wifi": {"ssid": self._station.ssid(), "rssi": self._station.rssi()},
            "sensors": [
                {"name": n, "unit": sensors[n][1], "min": sensors[n][2], "max": sensors[n][3]} for n in sorted(sensors)
            ],
        }

    def step(self, now):
        """Count what ticks_ms() forgets: it starts over after some days."""
        gone = time.ticks_diff(now, self._began)
        if gone >= 3600000:
            self._hours += gone // 3600000
            self._began = time.ticks_add(self._began, gone // 3600000 * 3600000)
        return 60000

    def _uptime_ms(self):
        return self._hours * 3600000 + time.ticks_diff(time.ticks_ms(), self._began)

    def _reading(self, name, alone=False):
        sensor = self._hw.sensors[name]
        value, error = hardware.read(sensor)
        reading = {"sensor": name, "value": value, "unit": sensor[1], "min": sensor[2], "max": sensor[3]}
        if error:
            reading["error"] = error
        if alone:
            reading["uptime_ms"] = self._uptime_ms()
        return reading

    def _readings(self):
        return [self._reading(name) for name in sorted(self._hw.sensors)]

    def _json(self, value):
        return 200, http.JSON, (json.dumps(value) + "\n").encode(), b""
