from check import equal
from mpctl.metrics import render


def lines(light=None, answered={}, rssi=-50):
    info = {"uptime_s": 7, "heap_free": 1234, "wifi": {"rssi": rssi}, "fw": "1.2", "board": "esp32", "id": "a1b2"}
    return render(info, light, answered).decode().split("\n")


def samples(*args):
    return [line for line in lines(*args) if line and line[0] != "#"]


def test_no_light():
    equal(samples(), [
        "mpboard_uptime_seconds 7", "mpboard_heap_free_bytes 1234", "mpboard_wifi_signal_dbm -50",
        'mpboard_info{version="1.2",board="esp32",id="a1b2"} 1',
    ])


def test_light():
    equal(samples((1024, "raw", 4096))[:2], ["mpboard_light_raw 1024", "mpboard_light_ratio 0.2500"])
    equal(samples((12.5, "lx", None))[0], "mpboard_illuminance_lux 12.5")
    equal(samples((1, "%", 100)), samples())
    equal(samples((1, "raw", None)), samples())


def test_unknown_signal_is_a_gap():
    equal([s for s in samples(None, {}, None) if "signal" in s], [])


def test_requests_by_status():
    equal([s for s in samples(None, {404: 2, 200: 10}) if "requests" in s], [
        'mpboard_http_requests_total{code="200"} 10', 'mpboard_http_requests_total{code="404"} 2',
    ])


def test_form():
    text = lines((1024, "raw", 4096), {200: 1})
    equal(text[-1], "")
    for name in ("light_raw", "light_ratio", "uptime_seconds", "http_requests_total", "info"):
        kind = "counter" if name.endswith("_total") else "gauge"
        equal(text.count("# TYPE mpboard_%s %s" % (name, kind)), 1)
        equal(len([line for line in text if line.startswith("# HELP mpboard_%s " % name)]), 1)
