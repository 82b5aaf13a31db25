# Usage: zeroconf_browse.py SERVICE SECONDS. Prints the first service that python-zeroconf finds on loopback, in one line:
# instance, host, address, port, id.
import sys
import threading

from zeroconf import IPVersion, ServiceBrowser, Zeroconf

service, found = sys.argv[1], threading.Event()


class Listener:
    def add_service(self, zc, kind, name):
        info = zc.get_service_info(kind, name, 5000)
        if info and info.parsed_addresses():
            print(name, info.server, info.parsed_addresses()[0], info.port, info.properties[b"id"].decode(), flush=True)
            found.set()

    def update_service(self, *what):
        pass

    remove_service = update_service


zc = Zeroconf(interfaces=["127.0.0.1"], ip_version=IPVersion.V4Only)
ServiceBrowser(zc, service, Listener())
found.wait(float(sys.argv[2]))
zc.close()
