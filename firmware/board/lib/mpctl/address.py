"""What an app.App does when it gets an address, and when it has to take another name."""

import socket

from mpctl import VERSION, visit

OTHER_PORTS = tuple(range(8080, 8090))  # where the configured one is taken, or not allowed


def serve(app, ip):
    """Serve and announce at ip."""
    settings, api = app.settings, app.api
    try:
        listener, info, api.port = _listen(ip, (settings["port"],) + OTHER_PORTS)
    except OSError as e:
        print("mpctl: cannot listen on %s: %s" % (ip, e))
        app.ip = None
        return
    app.server.open(listener)
    app.beacon.open()
    # The screen is slow, so it comes before the announcements and their pauses; and who reads that the board listens
    # finds it at once.
    where = _show(app)
    if app.responder:
        about = [
            "txtvers=1",
            "id=" + settings["id"],
            "fw=" + VERSION,
            "board=" + app.kind,
            "sensors=" + ",".join(sorted(app.sensors)),
        ]
        services = [(b"_mpctl._tcp", about), (b"_http._tcp", ["path=/"])]
        app.responder.join(settings["name"], ip, services, api.port)
    else:
        _tell_built_in(api.port)
    print("Bind address info:", info)
    print("Listening, connect your browser to http://%s/" % where)


def _listen(ip, ports):
    # On the first port that is free: the socket, its address info, the port.
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


def _tell_built_in(port):
    # Some responders in the C firmware take services from Python.
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
    # No more fits on a line of the screen.
    app.show("Connect your browser", url if len(url) <= 20 else where, app.settings["name"] + ".local")
    return where


def renamed(app, name):
    app.settings["name"] = name
    try:
        visit("config").save({"name": name})
    except OSError as e:
        print("mpctl: the name cannot be kept: %s" % e)
    _show(app)
    print("mpctl: mDNS: this is %s.local now" % name)
