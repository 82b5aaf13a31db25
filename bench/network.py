# In the place of a board's WiFi: it lets the board in as soon as it asks, at this computer's own address.
STA_IF = 0


class WLAN:
    joined = False

    def __init__(self, interface):
        pass

    def active(self, up):
        return up

    def config(self, *asked, **given):
        return "classroom"

    def connect(self, ssid, password):
        self.joined = True

    def disconnect(self):
        self.joined = False

    def isconnected(self):
        return self.joined

    def ifconfig(self):
        return ("127.0.0.1",)

    def status(self, asked=None):
        return -50
