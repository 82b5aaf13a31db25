"""Claiming names: probed, announced, given up where they are another's (RFC 6762 sections 8 and 9)."""

import time

from mpctl import dns
from mpctl.speaker import AGAIN_MS, getrandbits


def next_name(name):
    """The name to try when this one is another's: desk, desk-2, desk-3. At most 24 characters, as config.py has it."""
    n = 2
    at = name.rfind("-")
    digits = name[at + 1 :]
    # Longer numbers are rather part of the name: the end of a MAC.
    if at > 0 and len(digits) < 3 and digits.isdigit() and digits[0] != "0":
        name, n = name[:at], max(2, int(digits) + 1)
    end = "-%d" % n
    return name[: 24 - len(end)].rstrip("-") + end


def rename(records, old, new):
    """The records with other first labels. What that does not change keeps when it was said."""

    def change(name):
        return new + name[len(old) :] if name.startswith(old) else name

    found = []
    for r in records:
        name, kind, data, _ = r
        at = dns.BEFORE_NAME.get(kind, len(data))
        item = [change(name), kind, data[:at] + change(data[at:]), None]
        found.append(r if item[:3] == r[:3] else item)
    return found


def label(name):
    return bytes([len(name)]) + name.encode()


class Claim:
    """The names in these records, host and services together. renamed(name) is called when the host's is another than
    at first, once it is the board's."""

    def __init__(self, speaker, records, renamed):
        self._speaker, self.records, self._renamed = speaker, records, renamed
        host = records[-1][0]
        self._name = self._first = host[1 : 1 + host[0]].decode()
        self._conflicts = []  # when they were
        self._begin(0)

    def _begin(self, wait):
        # In wait ms and a random 0-250 ms.
        self._steps = 0
        self._due = time.ticks_add(time.ticks_ms(), wait + getrandbits(10) % 251)

    def step(self, now):
        """Say what is due. The ms until the next step, None when nothing is left to do."""
        left = time.ticks_diff(self._due, now)
        if left > 0:
            return left
        if self._steps < 3:
            self._probe()
            wait = 250
        elif self._steps == 3:
            self._speaker.use(self.records)
            self._announce()
            wait = AGAIN_MS + 250  # the first may get onto the air a little late
        elif self._steps == 4:
            self._announce()
            wait = 10000 if self._conflicts else 0  # they count until then
        else:
            return None
        self._steps += 1
        self._due = time.ticks_add(time.ticks_ms(), wait)
        return wait

    def _probe(self):
        names, found = [], []
        for r in self.records:
            if r[1] == dns.NSEC:
                names.append((r[0], dns.ANY, 0x8001))
            elif r[1] != dns.PTR:
                found.append(r)
        self._speaker.send(dns.message(0, (names, (), found, ()), flush=0))

    def _announce(self):
        # Twice, at least a second apart: section 8.3.
        found = [r for r in self.records if r[1] != dns.NSEC]
        self._speaker.multicast(found)
        # The types of services do not end with us, other boards have them too.
        self._speaker.ending = [r for r in found if not r[0].startswith(b"\x09_services")]
        if self._name != self._first:
            self._first = self._name
            self._renamed(self._name)

    def hear(self, packet):
        """A message of another, while the names are not ours yet."""
        if packet[2] & 0x80:
            lost = []
            for item in dns.read(packet):
                _, name, kind, cls, ttl = item[:5]
                # With any type: whoever has the name at all was first.
                if ttl and cls & 0x7FFF == 1 and kind != dns.NSEC and self._find(name):
                    if not dns.own(self.records, packet, item):
                        lost.append(name)
            if lost:
                self.conflict(lost)
        elif self._steps and self._beaten(packet):
            self._begin(1000)

    def _find(self, name):
        """The records of a name that nobody else may have."""
        return [r for r in self.records if r[0] == name and r[1] not in (dns.PTR, dns.NSEC)]

    def _beaten(self, packet):
        """Whether another's probe for one of the names wins: the data that come later in the order do (section 8.2).
        Equal data are our own probe come back."""
        found = {}
        for section, name, kind, cls, _, at, size in dns.read(packet):
            if section == 2 and self._find(name):
                data = dns.data(packet, kind, at, size, bytes)
                found.setdefault(name, []).append((cls & 0x7FFF, kind, data))
        for name in found:
            if sorted(found[name]) > sorted([(1, r[1], r[2]) for r in self._find(name)]):
                return True
        return False

    def conflict(self, lost):
        """These names are another's too."""
        now = time.ticks_ms()
        self._conflicts = self._conflicts[-14:] + [now]
        # 15 within 10 s are a fault on the network: no storm of probes then, but one attempt each 5 s.
        many = len(self._conflicts) == 15 and time.ticks_diff(now, self._conflicts[0]) < 10000
        speaker = self._speaker
        if speaker.records:
            # Ours until now, so we ask first: the answers to the probes decide (section 9).
            speaker.use(())
        else:
            name, self._name = self._name, next_name(self._name)
            print("mpctl: mDNS: %s.local is another's, trying %s.local" % (name, self._name))
            # What carries the names that were lost does not end, it is the winner's now.
            speaker.ending = [r for r in speaker.ending if r[0] not in lost and dns.target(r) not in lost]
            speaker.goodbye()
            self.records = rename(self.records, label(name), label(self._name))
        self._begin(5000 if many else 0)
