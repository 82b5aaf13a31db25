"""Claiming names: asked for, announced, and claimed anew where they are another's (RFC 6762 sections 8 and 9)."""

import time

from mpctl import dns, visit
from mpctl.answers import label
from mpctl.speaker import AGAIN_MS, getrandbits


class Claim:
    """The names in these records, host and services together."""

    def __init__(self, speaker, records, renamed):
        self._speaker, self._records, self._renamed = speaker, records, renamed
        self._label = label(records)
        self._packet = None
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
            self._speaker.use(self._records)
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
        for r in self._records:
            if r[1] == dns.NSEC:
                names.append((r[0], dns.ANY, 0x8001))
            elif r[1] != dns.PTR:
                found.append(r)
        self._packet = bytes(dns.message(0, (names, (), found, ()), flush=0))
        self._speaker.send(self._packet)

    def _announce(self):
        # Twice, at least a second apart: section 8.3.
        found = [r for r in self._records if r[1] != dns.NSEC]
        self._speaker.multicast(found)
        # The types of services do not end with us, other boards have them too.
        self._speaker.ending = [r for r in found if not r[0].startswith(b"\x09_services")]
        if self._label != label(self._records):
            self._label = label(self._records)
            self._renamed(self._label[1:].decode())

    def hear(self, packet):
        """A message of another, while the names are not ours yet."""
        # Multicast brings our own probes back.
        if label(self._records) in packet.lower() and packet != self._packet:
            conflict = visit("conflict")
            if packet[2] & 0x80:
                lost = conflict.lost(self._records, packet)
                if lost:
                    self.conflict(lost)
            elif self._steps and conflict.beaten(self._records, packet):
                self._begin(1000)

    def conflict(self, lost):
        """These names are another's too."""
        if self._speaker.records:
            # Ours until now, so we ask first: the answers to the probes decide (section 9).
            self._speaker.use(())
        else:
            self._records = visit("conflict").give_up(self._speaker, self._records, lost)
        # 15 within 10 s are a fault on the network: no storm of probes then, but one attempt each 5 s.
        now = time.ticks_ms()
        self._conflicts = self._conflicts[-14:] + [now]
        many = len(self._conflicts) == 15 and time.ticks_diff(now, self._conflicts[0]) < 10000
        self._begin(5000 if many else 0)
