"""Reacts to the packets of other hosts: known, unicast and delayed answers (RFC 6762 sections 5 to 7)."""

import time

from mpctl import dns
from mpctl.speaker import REPEAT_MS, recent


def label(records):
    """The label, length byte included, with which every name begins that only this board may have."""
    name = records[-1][0]
    return name[: name[0] + 1]


def find(records, name, kind):
    """The records that answer a question. For a name of ours without that type: the denial (NSEC)."""
    found, denial = [], ()
    for r in records:
        if r[0] == name:
            if r[1] == kind or kind == dns.ANY and r[1] != dns.NSEC:
                found.append(r)
            elif r[1] == dns.NSEC:
                denial = (r,)
    return found or denial


def query(speaker, packet, sender, legacy):
    """Handle a query. legacy: from a simple resolver, which understands only plain DNS answers."""
    plan = speaker.plans.get(sender)
    request = plan[3] if plan else (speaker, sender, legacy and packet[:2], [], [])
    questions, known = request[3:]
    for item in dns.read(packet):
        section, name, kind, cls, ttl = item[:5]
        if section == 0:
            q = name, kind, cls, packet[9]
            # Memory is short. Real hosts ask fewer questions at once.
            if cls & 0x7FFF in (1, 255) and len(questions) < 16 and q not in questions:
                if find(speaker.records, name, kind):
                    questions.append(q)
        elif not questions:
            return
        elif section == 1:
            # A record that the asker will keep for at least half its lifetime (section 7.1).
            r = dns.find(speaker.records, packet, item)
            if r and ttl * 2 >= dns.lifetime(r) and r not in known:
                known.append(r)
    if questions:
        if packet[2] & 2 and (plan or len(speaker.plans) < 5):
            # More known answers will follow (section 7.2). There is a latest time for the answer.
            speaker.plan(sender, 400, 2000, reply, request)
        elif not plan:
            reply(*request)


def reply(speaker, sender, legacy, questions, known):
    """Answer questions: (name, type, class, whether asked by a probe) each. legacy is the query's ID, or False."""
    asked, unicast, multicast, gap = [], [], [], REPEAT_MS
    for name, kind, cls, probe in questions:
        asked.append((name, kind, cls & 0x7FFF))
        if probe:
            gap = 250  # a name is defended even that soon after a multicast
        for r in find(speaker.records, name, kind):
            if r not in known:
                # Only by unicast if all have heard it within a quarter of its lifetime (section 5.4).
                only = legacy or cls & 0x8000 and (probe or recent(r, dns.lifetime(r) * 250))
                if only and r not in unicast:
                    unicast.append(r)
                # The prober may miss a unicast answer: another program on its computer can get it.
                if not legacy and (not only or probe and r[1] != dns.PTR) and r not in multicast:
                    multicast.append(r)
    if unicast:
        sections = (), unicast, (), speaker.additional(unicast)
        if legacy:
            packet = dns.message(0x8400, (asked,) + sections[1:], 10, 0, legacy)
        else:
            packet = dns.message(0x8400, sections)
        speaker.send(packet, sender)
    speaker.answer(multicast, gap)


def response(speaker, packet):
    """Handle a response of another host. Returns the names of ours for which it has other data (section 9)."""
    lost, rescue = [], []
    # Most packets on a network are responses, few of them concern us, and parsing is slow.
    if speaker.plans or label(speaker.records) in packet.lower() or b"_services" in packet:
        for item in dns.read(packet):
            section, name, kind, cls, ttl = item[:5]
            r = section and dns.find(speaker.records, packet, item)
            if r:
                if ttl * 2 < dns.lifetime(r):
                    rescue.append(r)
                elif speaker.plans and ttl >= dns.lifetime(r):
                    r[3] = time.ticks_ms()  # as if we had sent it: section 7.4
            elif ttl and cls & 0x7FFF == 1 and kind not in (dns.PTR, dns.NSEC):
                for r in speaker.records:
                    if r[0] == name and r[1] == kind:
                        lost.append(name)
    if not lost:
        # Hosts that have heard a short lifetime for a record of ours hear the right one (section 6.6).
        speaker.answer(rescue)
    return lost
