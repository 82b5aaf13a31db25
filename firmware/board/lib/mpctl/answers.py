"""Who asked what, and what they get: known answers, private answers, answers that wait (RFC 6762 sections 5 to 7)."""

import time

from mpctl import dns, speaker

MAX_ASKERS, MAX_QUESTIONS = 4, 16  # askers who have more to say, and what one asks: memory is short
MORE_MS = 2000  # an asker with more known answers than this takes to send is answered anyway


class Asker:
    # One who said that more known answers will follow (section 7.2).
    def __init__(self, sender, ident, now):
        self.sender, self.ident = sender, ident
        self.questions, self.known, self.probing = [], [], False
        self.end = time.ticks_add(now, MORE_MS)

    def wait(self, now):
        due = time.ticks_add(now, speaker.between(400, 500))
        self.due = due if time.ticks_diff(due, self.end) < 0 else self.end


class Answers:
    def __init__(self, voice):
        self._speaker = voice
        self.use(None)

    def use(self, zone):
        """Answer for this zone from now on."""
        self._zone, self._askers = zone, []
        self._speaker.use(zone)

    def step(self, now):
        """Answer who has waited long enough; the ms until the next has."""
        wait = speaker.IDLE_MS
        for asker in list(self._askers):
            left = time.ticks_diff(asker.due, now)
            if left > 0:
                wait = min(wait, left)
            else:
                self._askers.remove(asker)
                self._reply(asker)
        return wait

    def hear(self, reader, sender):
        """A query came."""
        questions = []
        for q in reader.questions():
            if len(questions) < MAX_QUESTIONS and q[2] & 0x7FFF in (1, 255) and q not in questions:
                if self._zone.find(q[0], q[1]):
                    questions.append(q)
        asker = None
        for a in self._askers:
            if a.sender == sender:
                asker = a
        if not questions and not asker:
            return
        known, more = self._known(reader), reader.flags & 0x0200
        now = time.ticks_ms()
        waits = asker or more and len(self._askers) < MAX_ASKERS
        if not asker:
            asker = Asker(sender, reader.ident, now)
            if waits:
                self._askers.append(asker)
        for q in questions:
            if q not in asker.questions and len(asker.questions) < MAX_QUESTIONS:
                asker.questions.append(q)
        asker.known += [r for r in known if r not in asker.known]
        asker.probing = asker.probing or reader.counts[1] > 0
        if more:
            asker.wait(now)
        if not waits:
            self._reply(asker)

    def _known(self, reader):
        # What the asker holds for at least half its time (section 7.1).
        known = []
        for record in reader.records():
            own = self._zone.own(reader, record) if record[0] == 0 else None
            if own and record[4] * 2 >= own[3] and own not in known:
                known.append(own)
        return known

    def _reply(self, asker):
        direct, now, shared = [], [], []
        legacy = speaker.port_of(asker.sender) != speaker.PORT
        for name, kind, cls in asker.questions:
            for r in self._zone.find(name, kind):
                if r in asker.known:
                    continue
                # Privately only what all have heard lately (section 5.4), a quarter of its time at most.
                private = cls & dns.UNICAST and (asker.probing or self._speaker.said(r, r[3] * 250))
                where = now if r[2] else shared
                if legacy or private:
                    where = direct
                if r not in where:
                    where.append(r)
                if asker.probing and r[2] and where is direct and not legacy and r not in now:
                    # A private answer to a prober can go to another program on its computer.
                    now.append(r)
        if direct:
            self._speaker.unicast(asker.ident, asker.questions, direct, asker.sender, legacy)
        self._speaker.multicast(now, speaker.DEFEND_MS if asker.probing else speaker.AGAIN_MS)
        if shared:
            self._speaker.later(shared)
