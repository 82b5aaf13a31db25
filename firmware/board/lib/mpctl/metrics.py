"""The metrics that Prometheus scrapes, in its text format 0.0.4."""

from mpctl.sensor import value


def answer(api, query):
    sensor = api.sensors.get("light")
    count = value(sensor)[0] if sensor else None
    light = None if count is None else (count, sensor[1], sensor[3])
    text = render(api.info(), light, api.answered)
    return 200, b"text/plain; version=0.0.4; charset=utf-8", text, b""


def render(info, light, answered):
    """The metrics as bytes. info: of /api/info; light: (value, unit, max) or None; answered: answers by status.

    A value that cannot be read is left out: a scraper sees a gap, not a number.
    """
    out = []

    def add(name, kind, meaning, samples):
        if samples:
            out.append("# HELP mpboard_%s %s\n# TYPE mpboard_%s %s\n" % (name, meaning, name, kind))
        for labels, value in samples:
            out.append("mpboard_%s%s %s\n" % (name, labels, value))

    if light:
        value, unit, full = light
        if unit == "lx":
            add("illuminance_lux", "gauge", "Illuminance by the calibrated light sensor.", [("", value)])
        elif unit == "raw" and full:
            add("light_raw", "gauge", "Light sensor reading in ADC counts (0-%s)." % full, [("", value)])
            ratio = "%.4f" % (value / full)
            add("light_ratio", "gauge", "Light sensor reading as a fraction of ADC full scale.", [("", ratio)])
    add("uptime_seconds", "gauge", "Time since the firmware started.", [("", info["uptime_s"])])
    add("heap_free_bytes", "gauge", "Free heap after a collection.", [("", info["heap_free"])])
    rssi = info["wifi"]["rssi"]
    if rssi is not None:
        add("wifi_signal_dbm", "gauge", "Strength of the WiFi signal.", [("", rssi)])
    codes = [('{code="%d"}' % status, answered[status]) for status in sorted(answered)]
    add("http_requests_total", "counter", "HTTP requests answered, by status.", codes)
    about = '{version="%s",board="%s",id="%s"}' % (info["fw"], info["board"], info["id"])
    add("info", "gauge", "Firmware and board.", [(about, 1)])
    return "".join(out).encode()
