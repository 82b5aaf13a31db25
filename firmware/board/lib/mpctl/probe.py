"""Claims names: probes, announces, and yields names that other hosts hold (RFC 6762 sections 8 and 9)."""

import time

from mpctl import dns, visit
from mpctl.answers import label
from mpctl.speaker import REPEAT_MS, getrandbits


class Claim:
    """Claims the names in these records, host and services together."""

    def __init__(self, speaker, records, renamed):
        self._speaker, self._records, self._renamed = speaker, records, renamed
        self._label = label(records)
        self._packet = None
        self._conflicts = []  # the times of the last ones, ticks
        self._begin(0)

    def _begin(self, wait):
        # Begins in wait ms and a random 0-250 ms.
        self._steps = 0
        self._due = time.ticks_add(time.ticks_ms(), wait + getrandbits(10) % 251)

    def step(self, now):
        """Send what is due. Returns the ms until the next step, None when the claim is complete."""
        left = time.ticks_diff(self._due, now)
        if left > 0:
            return left
        if self._steps < 3:
            self._probe()
            wait = 250
        elif self._steps == 3:
            self._speaker.use(self._records)
            self._announce()
            wait = REPEAT_MS + 250  # the first packet may be sent a little late
        elif self._steps == 4:
            self._announce()
            wait = 10000 if self._conflicts else 0  # conflicts count until then
        else:
            return None
        self._steps += 1
        self._due = time.ticks_add(time.ticks_ms(), wait)
        return wait

    def _probe(self):
        names, found = [], []
        for r in self._records:
            if r[1] == dns.NSEC:
                names.append((r[0], dns.ANY, 0x8001))
            elif r[1] != dns.PTR:
                found.append(r)
        self._packet = bytes(dns.message(0, (names, (), found, ()), flush=0))
        self._speaker.send(self._packet)

    def _announce(self):
        # Done twice, at least a second apart (section 8.3).
        found = [r for r in self._records if r[1] != dns.NSEC]
        self._speaker.multicast(found)
        # The types of services do not end with this board: other boards have them too.
        self._speaker.ending = [r for r in found if not r[0].startswith(b"\x09_services")]
        if self._label != label(self._records):
            self._label = label(self._records)
            self._renamed(self._label[1:].decode())

    def hear(self, packet):
        """Handle a packet while the names are not ours yet."""
        # Multicast brings our own probes back too.
        if label(self._records) in packet.lower() and packet != self._packet:
            conflict = visit("conflict")
            if packet[2] & 0x80:
                lost = conflict.lost(self._records, packet)
                if lost:
                    self.conflict(lost)
            elif self._steps and conflict.loses(self._records, packet):
                self._begin(1000)

    def conflict(self, lost):
        """Another host holds these names."""
        if self._speaker.records:
            # The names were ours until now: probes find out whether the other host answers for them (section 9).
            self._speaker.use(())
        else:
            self._records = visit("conflict").give_up(self._speaker, self._records, lost)
        # After 15 conflicts within 10 s the network is faulty: instead of a storm of probes, one attempt every 5 s.
        now = time.ticks_ms()
        self._conflicts = self._conflicts[-14:] + [now]
        many = len(self._conflicts) == 15 and time.ticks_diff(now, self._conflicts[0]) < 10000
        self._begin(5000 if many else 0)
