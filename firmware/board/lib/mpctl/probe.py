"""Claiming names before using them: RFC 6762 section 8.1 and 8.2."""

import time

try:
    from urandom import getrandbits
except ImportError:
    from random import getrandbits

from mpctl import dns

COUNT, APART_MS = 3, 250
DEFER_MS = 1000  # the loser of a simultaneous probe waits this long
CONFLICTS, WITHIN_MS, CALM_MS = 15, 10000, 5000  # so many within that, then one attempt each 5 s


class Conflicts:
    """Counts conflicts, so that a fault on the network does not become a storm of probes."""

    def __init__(self):
        self._times = []

    def count(self, now):
        """One more; how many ms to wait before probing again."""
        self._times = self._times[1 - CONFLICTS :] + [now]
        many = len(self._times) == CONFLICTS and 0 <= time.ticks_diff(now, self._times[0]) < WITHIN_MS
        return CALM_MS if many else 0


class Probe:
    """The probes for the names of a zone, host and services together."""

    def __init__(self, zone, now, wait=0):
        self._zone = zone
        self.defer(now, wait)

    def defer(self, now, wait):
        """Begin anew, in wait ms and a random 0-250 ms."""
        self.sent = 0
        self._due = time.ticks_add(now, wait + getrandbits(10) % (APART_MS + 1))

    def step(self, now, send):
        """Send what is due with send(Writer). The ms until the next step, 0 when the names are ours."""
        left = time.ticks_diff(self._due, now)
        if left > 0:
            return left
        if self.sent == COUNT:
            return 0
        self.sent += 1
        self._due = time.ticks_add(now, APART_MS)
        send(self._packet())
        return APART_MS

    def _packet(self):
        writer = dns.Writer(0, 0)
        for name in self._zone.names():
            writer.question(name, dns.ANY, 1 | dns.UNICAST)
        for record in self._zone.records:
            if record[2]:
                writer.record(1, record, record[3], False)
        return writer

    def beaten(self, reader):
        """Whether another's probe for one of the names wins: the data that come later in the order do (section 8.2).
        Equal data are our own probe come back."""
        theirs = {}
        for record in reader.records():
            section, name, kind, cls = record[:4]
            if section == 1 and name in self._zone.names():
                some = theirs.setdefault(name, [])
                some.append((cls & 0x7FFF, kind, reader.data(record, False)))
        for name in theirs:
            ours = [(1, r[1], dns.data(r)) for r in self._zone.find(name, dns.ANY)]
            if sorted(theirs[name]) > sorted(ours):
                return True
        return False
