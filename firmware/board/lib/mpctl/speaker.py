"""What a responder says: at once or a little later, to all or to one, nothing too often (RFC 6762 section 6)."""

import socket
import time

from mpctl import dns

try:
    from urandom import getrandbits
except ImportError:
    from random import getrandbits

PORT = 5353
AGAIN_MS = 1000  # a record is not multicast twice within this


def said(record, ms):
    """Whether it was multicast within the last ms."""
    # ticks_ms() starts over after some days: what was said before then may seem to be in the future.
    return record[3] is not None and 0 <= time.ticks_diff(time.ticks_ms(), record[3]) < ms


def fresh(records, ms):
    """Those that were not multicast within the last ms; they count as multicast now."""
    found = []
    for r in records:
        if not said(r, ms):
            r[3] = time.ticks_ms()
            found.append(r)
    return found


class Speaker:
    def __init__(self, sock):
        self._sock = sock
        self._group = socket.getaddrinfo("224.0.0.251", PORT)[0][-1]
        self.ending = ()  # the records that others may have in their caches, and that end with us
        self.use(())

    def use(self, records):
        """Speak of these records from now on. What was planned is forgotten."""
        self.records = records
        self.plans = {}  # whom it is for, None is all: when it is due, when at the latest, what to call, with what

    def plan(self, who, wait, most, do, what):
        """Call do(*what) in wait ms and a random 0-100 ms. What was planned for them waits for it, though most ms in
        all."""
        now = time.ticks_ms()
        due, end = self.plans[who][:2] if who in self.plans else (now, time.ticks_add(now, most))
        at = time.ticks_add(now, wait + getrandbits(10) % 101)
        if time.ticks_diff(at, due) > 0:
            due = at if time.ticks_diff(at, end) < 0 else end
        self.plans[who] = due, end, do, what

    def step(self, now):
        """Say what is due; the ms until something else is."""
        wait = 60000
        for who in list(self.plans):
            due, _, do, what = self.plans[who]
            left = time.ticks_diff(due, now)
            if left > 0:
                wait = min(wait, left)
            else:
                del self.plans[who]
                do(*what)
        return wait

    def tell(self, records, gap=AGAIN_MS):
        """Tell all: at once what is ours alone, the rest not in the moment in which others say it too, and together
        where possible (section 6.4)."""
        now, late = [], []
        for r in records:
            (late if r[1] == dns.PTR else now).append(r)
        self.multicast(now, gap)
        if late:
            if None in self.plans:
                late += self.plans[None][3][0]
            self.plan(None, 20, 500, self.multicast, (late,))

    def multicast(self, records, gap=AGAIN_MS):
        records = fresh(records, gap)
        if records:
            self.send(dns.message(0x8400, ((), records, (), fresh(self.additional(records), AGAIN_MS))))

    def additional(self, records):
        """What the asker will want next (RFC 6763 section 12): what these point at."""
        names = [dns.target(r) for r in records]
        found = []
        for r in self.records:
            if r[0] in names and r[1] not in (dns.PTR, dns.NSEC):
                names.append(dns.target(r))
                if r not in records:
                    found.append(r)
        return found

    def goodbye(self):
        """Every record once more, with no time to live: section 10.1."""
        if self.ending:
            self.send(dns.message(0x8400, ((), self.ending, (), ()), 0))
            self.ending = ()

    def send(self, packet, where=None):
        try:
            self._sock.sendto(packet, where or self._group)
        except OSError:
            # The network has just gone, or its buffers are full: whoever asked will ask again.
            pass
