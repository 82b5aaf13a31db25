"""In the place of a station.Station, MicroPython on a computer: the network is there, and not ours to manage."""

ip = "127.0.0.1"


def step(now):
    return 60000


def release():
    pass


def ssid():
    return None


rssi = ssid
