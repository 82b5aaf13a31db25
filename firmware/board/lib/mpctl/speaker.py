"""Sends for a responder: at once or a little later, by multicast or unicast, nothing too often (RFC 6762 section 6)."""

import socket
import time

from mpctl import dns

try:
    from urandom import getrandbits
except ImportError:
    from random import getrandbits

PORT = 5353
REPEAT_MS = 1000  # a record is not multicast twice within this time


def recent(record, ms):
    """Whether a record was multicast within the last ms."""
    # ticks_ms() starts over after some days: an older time may seem to be in the future.
    return record[3] is not None and 0 <= time.ticks_diff(time.ticks_ms(), record[3]) < ms


def fresh(records, ms):
    """The records that were not multicast within the last ms. They count as multicast now."""
    found = []
    for r in records:
        if not recent(r, ms):
            r[3] = time.ticks_ms()
            found.append(r)
    return found


class Speaker:
    def __init__(self, sock):
        self._sock = sock
        self._group = socket.getaddrinfo("224.0.0.251", PORT)[0][-1]
        self.ending = ()  # the records that other hosts may have cached and that end with this board
        self.use(())

    def use(self, records):
        """Send these records from now on. Plans are forgotten."""
        self.records = records
        self.plans = {}  # {receiver, None for all: (when it is due, when at the latest, function, arguments)}

    def plan(self, receiver, wait, max_wait, call, args):
        """Call call(*args) in wait ms and a random 0-100 ms, in place of an earlier plan for the receiver. All plans
        together delay it by max_wait ms at most."""
        now = time.ticks_ms()
        due, end = self.plans[receiver][:2] if receiver in self.plans else (now, time.ticks_add(now, max_wait))
        at = time.ticks_add(now, wait + getrandbits(10) % 101)
        if time.ticks_diff(at, due) > 0:
            due = at if time.ticks_diff(at, end) < 0 else end
        self.plans[receiver] = due, end, call, args

    def step(self, now):
        """Send what is due. Returns the ms until the next plan."""
        wait = 60000
        for receiver in list(self.plans):
            due, _, call, args = self.plans[receiver]
            left = time.ticks_diff(due, now)
            if left > 0:
                wait = min(wait, left)
            else:
                del self.plans[receiver]
                call(*args)
        return wait

    def answer(self, records, gap=REPEAT_MS):
        """Multicast an answer: records of ours alone at once, shared ones later, as other hosts may answer too, and
        together where possible (section 6.4)."""
        now, late = [], []
        for r in records:
            (late if r[1] == dns.PTR else now).append(r)
        self.multicast(now, gap)
        if late:
            if None in self.plans:
                late += self.plans[None][3][0]
            self.plan(None, 20, 500, self.multicast, (late,))

    def multicast(self, records, gap=REPEAT_MS):
        records = fresh(records, gap)
        if records:
            self.send(dns.message(0x8400, ((), records, (), fresh(self.additional(records), REPEAT_MS))))

    def additional(self, records):
        """The records that the asker will need next (RFC 6763 section 12): those that these point at."""
        names = [dns.target(r) for r in records]
        found = []
        for r in self.records:
            if r[0] in names and r[1] not in (dns.PTR, dns.NSEC):
                names.append(dns.target(r))
                if r not in records:
                    found.append(r)
        return found

    def goodbye(self):
        """Announce the end of the records, with a TTL of zero (section 10.1)."""
        if self.ending:
            self.send(dns.message(0x8400, ((), self.ending, (), ()), 0))
            self.ending = ()

    def send(self, packet, to=None):
        try:
            self._sock.sendto(packet, to or self._group)
        except OSError:
            # The network is down or its buffers are full: the asker will ask again.
            pass
