"""What a responder says: at once or a little later, to all or to one, nothing too often (RFC 6762 section 6)."""

import socket
import time

from mpctl import dns

try:
    from urandom import getrandbits
except ImportError:
    from random import getrandbits

GROUP, PORT = "224.0.0.251", 5353
LEGACY_TTL = 10  # seconds, section 6.7
AGAIN_MS = 1000  # a record is not multicast twice within this
DEFEND_MS = 250  # but answers to probes may come so soon
PATIENCE_MS = 500  # an answer that waits for others to join it goes out after this, section 6.4
IDLE_MS = 60000


def between(low, high):
    """A random number of ms, both ends included."""
    return low + getrandbits(10) % (high - low + 1)


def port_of(sender):
    # Most ports give (ip, port), the unix port a sockaddr.
    return sender[1] if isinstance(sender, tuple) else sender[2] << 8 | sender[3]


class Speaker:
    def __init__(self, sock):
        self._sock = sock
        self._group = socket.getaddrinfo(GROUP, PORT)[0][-1]
        self._sent = {}  # record: when it was last multicast
        self.use(None)

    def use(self, zone):
        """Speak for this zone from now on. What was planned is forgotten, what was said is not."""
        self._zone = zone
        self._again = None  # when the second announcement is due
        self._shared, self._due, self._end = [], 0, 0  # shared answers, when they are due, and at the latest
        mine = zone.records if zone else ()
        self._sent = {r: self._sent[r] for r in mine if r in self._sent}

    def forget(self):
        """Another link: nothing has been said on it."""
        self._sent = {}

    def step(self, now):
        """Say what is due; the ms until something else is."""
        wait = IDLE_MS
        if self._shared:
            left = time.ticks_diff(self._due, now)
            if left > 0:
                wait = left
            else:
                some, self._shared = self._shared, []
                self.multicast(some)
        if self._again is not None:
            left = time.ticks_diff(self._again, now)
            if left > 0:
                return min(wait, left)
            self._again = None
            self.multicast(self._zone.records)
        return wait

    def announce(self):
        """Twice, at least a second apart: section 8.3. The first may get onto the air a little late."""
        self.multicast(self._zone.records)
        self._again = time.ticks_add(time.ticks_ms(), AGAIN_MS + 250)

    def later(self, records):
        """Shared answers, which others may give too: not all at the same moment, and together where possible."""
        now = time.ticks_ms()
        due = time.ticks_add(now, between(20, 120))
        if not self._shared:
            self._due, self._end = due, time.ticks_add(now, PATIENCE_MS)
        elif time.ticks_diff(due, self._due) > 0:
            self._due = due if time.ticks_diff(due, self._end) < 0 else self._end
        self._shared += [r for r in records if r not in self._shared]

    def heard(self, record, ttl):
        """Another has just said the same: section 7.4. What is not planned is none of our business."""
        if record in self._shared and ttl >= record[3]:
            self._shared.remove(record)
            self._sent[record] = time.ticks_ms()

    def waits(self):
        """Whether there are answers that another's can make needless."""
        return len(self._shared) > 0

    def said(self, record, ms):
        """Whether it was multicast within the last ms."""
        # ticks_ms() starts over after some days: what was said before then may seem to be in the future.
        return record in self._sent and 0 <= time.ticks_diff(time.ticks_ms(), self._sent[record]) < ms

    def multicast(self, records, gap=AGAIN_MS):
        records = [r for r in records if not self.said(r, gap)]
        if not records:
            return
        writer = dns.Writer(0, dns.RESPONSE)
        for section, some in ((0, records), (2, self._zone.additional(records))):
            for record in some:
                if section == 0 or not self.said(record, AGAIN_MS):
                    writer.record(section, record, record[3], record[2])
                    self._sent[record] = time.ticks_ms()
        self.send(writer)

    def goodbye(self, records):
        """Every record once more, with no time to live: section 10.1."""
        writer = dns.Writer(0, dns.RESPONSE)
        for record in records:
            writer.record(0, record, 0, record[2])
        if records:
            self.send(writer)

    def unicast(self, ident, questions, answers, asker, legacy):
        writer = dns.Writer(ident if legacy else 0, dns.RESPONSE, legacy)
        if legacy:
            for name, kind, cls in questions:
                writer.question(name, kind, cls & 0x7FFF)
        for section, records in ((0, answers), (2, self._zone.additional(answers))):
            for record in records:
                ttl = min(record[3], LEGACY_TTL) if legacy else record[3]
                writer.record(section, record, ttl, record[2] and not legacy)
        self.send(writer, asker)

    def send(self, writer, where=None):
        try:
            self._sock.sendto(writer.bytes(), where or self._group)
        except OSError:
            # The network has just gone, or its buffers are full: whoever asked will ask again.
            pass
