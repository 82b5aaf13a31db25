"""The routes of the HTTP API, version 1."""

import gc
import json
import time

from mpctl import VERSION, hardware, http


class Api:
    def __init__(self, config, hw, station):
        self._config, self._hw, self._station = config, hw, station
        self._began = time.ticks_ms()
        self._hours = 0
        self._forms = {}  # the JSON of each sensor's reading, all but what changes
        self.port = config["port"]
        self.answered = {}  # how many answers of each status the server has given

    def answer(self, path, query):
        """The answer of the server for a path."""
        if path.startswith("/api/read/"):
            name = path[10:]
            if name in self._hw.sensors:
                return 200, http.JSON, self._one(name), b""
            return self._no_sensor(name)
        if path == "/api/read":
            return 200, http.JSON, self._all(), b""
        if path == "/api/stream":
            return self._stream(query)
        if path == "/api/info":
            return 200, http.JSON, (json.dumps(self.info()) + "\n").encode(), b""
        # What few ask for is imported when the first one does.
        if path == "/":
            from mpctl import page

            return 200, page.KIND, page.Page(self._config["name"], self._read_all()), b""
        if path == "/metrics":
            from mpctl import metrics

            return 200, metrics.KIND, metrics.render(self.info(), self._light(), self.answered), b""
        return http.error(404, "nothing at %s; there are /, /api/info, /api/read, /api/stream, /metrics" % path)

    def _no_sensor(self, name):
        has = ", ".join(sorted(self._hw.sensors)) or "none"
        return http.error(404, "no sensor %s; this board has: %s" % (name, has))

    def _stream(self, query):
        from mpctl import stream

        try:
            name = http.parameter(query, "sensor")
            interval = stream.interval(http.parameter(query, "interval"))
        except ValueError as e:
            return http.error(400, e.args[0] if e.args else "the query is not UTF-8")
        if name is None:
            read = self._all
        elif name in self._hw.sensors:
            read = lambda: self._one(name)
        else:
            return self._no_sensor(name)
        return 200, stream.KIND, stream.Stream(interval, read), stream.MORE

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

    def _reading(self, name):
        # JSON without its closing brace.
        value, error = hardware.read(self._hw.sensors[name])
        form = self._forms.get(name)
        if form is None:
            form = self._forms[name] = _form(name, self._hw.sensors[name])
        if error is None:
            return form % value
        return form % "null" + ', "error": ' + json.dumps(error)

    def _one(self, name):
        return (self._reading(name) + ', "uptime_ms": %d}\n' % self._uptime_ms()).encode()

    def _all(self):
        readings = "}, ".join([self._reading(name) for name in sorted(self._hw.sensors)])
        return ('{"readings": [%s], "uptime_ms": %d}\n' % (readings and readings + "}", self._uptime_ms())).encode()

    def _read_all(self):
        # (name, value, error, unit) of each sensor
        sensors = self._hw.sensors
        return [(name,) + hardware.read(sensors[name]) + (sensors[name][1],) for name in sorted(sensors)]

    def _light(self):
        sensor = self._hw.sensors.get("light")
        value = hardware.read(sensor)[0] if sensor else None
        return None if value is None else (value, sensor[1], sensor[3])


def _form(name, sensor):
    parts = [json.dumps(p).replace("%", "%%") for p in (name,) + sensor[1:]]
    return '{"sensor": %s, "value": %%s, "unit": %s, "min": %s, "max": %s' % tuple(parts)
