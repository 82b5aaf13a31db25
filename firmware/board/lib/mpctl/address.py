"""What the App does when it gets an address, and when its name has to change."""

import socket

from mpctl import VERSION, visit

OTHER_PORTS = tuple(range(8080, 8090))  # where the configured port is taken or not allowed


def serve(app, ip):
    """Serve at ip, and announce the board."""
    settings, api = app.settings, app.api
    try:
        listener, info, api.port = _listen(ip, (settings["port"],) + OTHER_PORTS)
    except OSError as e:
        print("mpctl: cannot listen on %s: %s" % (ip, e))
        app.ip = None
        return
    app.server.open(listener)
    app.beacon.open()
    # The screen is slow, so it comes before the announcements and their pauses. When a user reads that the board
    # listens, the board answers at once.
    where = _show(app)
    if app.responder:
        txt = [
            "txtvers=1",
            "id=" + settings["id"],
            "fw=" + VERSION,
            "board=" + app.kind,
            "sensors=" + ",".join(sorted(app.sensors)),
        ]
        services = [(b"_mpctl._tcp", txt), (b"_http._tcp", ["path=/"])]
        app.responder.join(settings["name"], ip, services, api.port)
    else:
        _register_services(api.port)
    print("Bind address info:", info)
    print("Listening, connect your browser to http://%s/" % where)


def _listen(ip, ports):
    # Listens on the first port that is free. Returns the socket, its address info and the port.
    for port in ports:
        info = socket.getaddrinfo(ip, port)
        s = socket.socket()
        try:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(info[0][-1])
            s.listen(8)
            return s, info, port
        except OSError as e:
            s.close()
            fault = e
    raise fault


def _register_services(port):
    # The C firmware's own responder announces the services, if it takes them from Python.
    try:
        import network

        for service in ("_mpctl", "_http"):
            network.mdns_service(service, "_tcp", port)
    except (ImportError, AttributeError):
        pass
    except Exception as e:
        print("mpctl: mDNS: %s" % e)


def _show(app):
    where = app.ip if app.api.port == 80 else "%s:%d" % (app.ip, app.api.port)
    url = "http://" + where
    # A line of the screen has 20 characters.
    app.show("Connect your browser", url if len(url) <= 20 else where, app.settings["name"] + ".local")
    return where


def renamed(app, name):
    """Keep the new name, and show it."""
    app.settings["name"] = name
    try:
        visit("config").save({"name": name})
    except OSError as e:
        print("mpctl: the name cannot be kept: %s" % e)
    _show(app)
    print("mpctl: mDNS: this is %s.local now" % name)
