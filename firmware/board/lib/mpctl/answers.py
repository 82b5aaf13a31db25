"""What another's packet makes us say: known answers, private answers, answers that wait (RFC 6762 sections 5 to 7)."""

import time

from mpctl import dns
from mpctl.speaker import AGAIN_MS, said


def label(records):
    """What every name that is ours alone begins with, the board's own with its length."""
    name = records[-1][0]
    return name[: name[0] + 1]


def find(records, name, kind):
    """What answers a question: records, or for a name of ours without that type the denial (NSEC)."""
    found, denial = [], ()
    for r in records:
        if r[0] == name:
            if r[1] == kind or kind == dns.ANY and r[1] != dns.NSEC:
                found.append(r)
            elif r[1] == dns.NSEC:
                denial = (r,)
    return found or denial


def query(speaker, packet, sender, legacy):
    """A query came; legacy is whether from a simple resolver, which takes only an answer as of plain DNS."""
    plan = speaker.plans.get(sender)
    what = plan[3] if plan else (speaker, sender, legacy and packet[:2], [], [])
    questions, known = what[3:]
    for item in dns.read(packet):
        section, name, kind, cls, ttl = item[:5]
        if section == 0:
            q = name, kind, cls, packet[9]
            # Memory is short: nobody asks more at once, and not many can wait.
            if cls & 0x7FFF in (1, 255) and len(questions) < 16 and q not in questions:
                if find(speaker.records, name, kind):
                    questions.append(q)
        elif not questions:
            return
        elif section == 1:
            # What the asker holds for at least half its time (section 7.1).
            r = dns.own(speaker.records, packet, item)
            if r and ttl * 2 >= dns.life(r) and r not in known:
                known.append(r)
    if questions:
        if packet[2] & 2 and (plan or len(speaker.plans) < 5):
            # More known answers will follow (section 7.2), but it is answered in the end.
            speaker.plan(sender, 400, 2000, reply, what)
        elif not plan:
            reply(*what)


def reply(speaker, sender, legacy, questions, known):
    """Answer the questions (name, type, class, whether it came with a probe); legacy is the query's ID, or False."""
    asked, private, public, gap = [], [], [], AGAIN_MS
    for name, kind, cls, probe in questions:
        asked.append((name, kind, cls & 0x7FFF))
        if probe:
            gap = 250  # a name is defended that soon after it was said
        for r in find(speaker.records, name, kind):
            if r not in known:
                # Privately only what all have heard lately (section 5.4), a quarter of its time at most.
                alone = legacy or cls & 0x8000 and (probe or said(r, dns.life(r) * 250))
                if alone and r not in private:
                    private.append(r)
                # A private answer to a prober can go to another program on its computer.
                if not legacy and (not alone or probe and r[1] != dns.PTR) and r not in public:
                    public.append(r)
    if private:
        sections = (), private, (), speaker.additional(private)
        if legacy:
            packet = dns.message(0x8400, (asked,) + sections[1:], 10, 0, legacy)
        else:
            packet = dns.message(0x8400, sections)
        speaker.send(packet, sender)
    speaker.tell(public, gap)


def response(speaker, packet):
    """Another's response came. The names of ours that it has other data for: section 9."""
    lost, rescue = [], []
    # Most of what is said on a network is responses, and few can concern us: to take them apart is slow.
    if speaker.plans or label(speaker.records) in packet.lower() or b"_services" in packet:
        for item in dns.read(packet):
            section, name, kind, cls, ttl = item[:5]
            r = section and dns.own(speaker.records, packet, item)
            if r:
                if ttl * 2 < dns.life(r):
                    rescue.append(r)
                elif speaker.plans and ttl >= dns.life(r):
                    r[3] = time.ticks_ms()  # as if we had said it: section 7.4
            elif ttl and cls & 0x7FFF == 1 and kind not in (dns.PTR, dns.NSEC):
                for r in speaker.records:
                    if r[0] == name and r[1] == kind:
                        lost.append(name)
    if not lost:
        # Who has heard that a record of ours ends is told otherwise (section 6.6).
        speaker.tell(rescue)
    return lost
