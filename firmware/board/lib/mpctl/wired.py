"""Stands in for station.Station on a computer, whose network is not ours to manage."""

ip = "127.0.0.1"


def step(now):
    return 60000


def release():
    pass


def ssid():
    return None


rssi = ssid
