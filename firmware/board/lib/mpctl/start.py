"""Puts the parts of an app.App together."""

import time

# The longest modules come first: compiling a module needs several times its length.
from mpctl import mdns, httpd, api, beacon, visit
from mpctl.loop import Loop


def start(app, clients):
    """Give app all that it needs to run. False if there is no WiFi to join."""
    app.station = _station(app.settings, app.show)
    if not app.station:
        print("mpctl: no WiFi is configured: run 'mpctl provision' on the computer")
        app.show("mpctl: no WiFi", "run provision")
        return False
    app.loop = Loop()
    app.api = api.Api(app.settings, app.kind, app.sensors, app.station)
    app.server = httpd.Server(app.loop, app.api.answer, clients)
    app.api.answered = app.server.answered
    app.beacon = beacon.Beacon(app.loop, app.api.info)
    # Before the WiFi is up: on an ESP32, the first to bind port 5353 holds it.
    sock = _bind_5353(app.station)
    app.responder = mdns.Responder(app.loop, sock, app.renamed) if sock else None
    return True


def _station(settings, show):
    try:
        import network
    except ImportError:
        from mpctl import wired

        return wired
    if not settings["wifi"]:
        return None
    from mpctl import station

    return station.Station(settings["wifi"], settings["name"], show)


def _bind_5353(station):
    for attempt in (1, 2):
        try:
            return visit("multicast").bind()
        except OSError as e:
            fault = e
            if attempt == 1:
                # A built-in responder took the port when the WiFi came up, and closes it when the WiFi goes down.
                station.release()
                time.sleep_ms(200)
    # On a Pico W it never does. There it answers for the host's name, and the beacon reports the rest.
    print("mpctl: mDNS: port %d is taken (%s): the beacon is on port %d" % (mdns.PORT, fault, beacon.PORT))
    return None
