"""The mDNS responder (RFC 6762): claims the names of a zone.Zone, answers for them, and gives way where they are
another's."""

import socket
import sys
import time

from mpctl import answers, dns, probe, speaker, zone

PORT = speaker.PORT
MAX_PACKET = 1460


def bind():
    """The socket on port 5353. OSError when another responder owns it."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(socket.getaddrinfo("0.0.0.0", PORT)[0][-1])
        s.setblocking(False)
    except OSError:
        s.close()
        raise
    return s


class Responder:
    """renamed(name) is called when a name had to be changed, once the new one is the board's."""

    def __init__(self, loop, sock, renamed):
        self._loop, self._sock, self._renamed = loop, sock, renamed
        self._speaker = speaker.Speaker(sock)
        self._answers = answers.Answers(self._speaker)
        self._conflicts = probe.Conflicts()
        self._zone = self._probe = None  # a probe while the zone's names are not ours yet
        self._name = None  # that renamed() needs not be told
        self._announced = False
        loop.watch(sock, self._receive)
        loop.every(self._step)

    def join(self, ip, records):
        """The address is there: join the group on it, then claim and announce what is in records, a zone.Zone."""
        # Not in every port's socket module: the number of lwIP, or of Linux.
        option = getattr(socket, "IP_ADD_MEMBERSHIP", 35 if sys.platform == "linux" else 12)
        try:
            self._sock.setsockopt(0, option, zone.four_bytes(speaker.GROUP) + zone.four_bytes(ip))
        except OSError as e:
            if e.args[0] not in (98, 112):  # a member already: the address is the old one
                print("mpctl: mDNS: joining the group: %s" % e)
        self._name, self._announced = records.name, False
        self._speaker.forget()
        self._claim(records, 0)

    def leave(self):
        """Goodbye, if anything was said before."""
        if self._announced:
            self._speaker.goodbye(self._zone.goodbye())
        self._zone = self._probe = None
        self._announced = False
        self._answers.use(None)

    def close(self):
        self.leave()
        self._loop.unwatch(self._sock)
        self._sock.close()

    def _claim(self, records, wait):
        self._zone = records
        self._answers.use(records)
        self._probe = probe.Probe(records, time.ticks_ms(), wait)
        self._loop.within(0)

    def _step(self, now):
        if not self._zone:
            return speaker.IDLE_MS
        if self._probe:
            wait = self._probe.step(now, self._speaker.send)
            if wait:
                return wait
            self._probe, self._announced = None, True
            self._speaker.announce()
            if self._zone.name != self._name:
                self._name = self._zone.name
                self._renamed(self._name)
        return min(self._answers.step(now), self._speaker.step(now))

    def _receive(self, sock):
        try:
            packet, sender = sock.recvfrom(MAX_PACKET)
            # Nothing with another opcode or an error code (section 18).
            if not self._zone or len(packet) < 12 or packet[2] & 0x78 or packet[3] & 0x0F:
                return
            if not packet[2] & 0x80:
                self._hear_query(dns.Reader(packet), sender)
            elif speaker.port_of(sender) == PORT and self._concerns(packet):
                self._hear_response(dns.Reader(packet))
        except (OSError, MemoryError, dns.Malformed):
            # One packet's fault, or a crowded heap: whoever asked will ask again.
            return
        self._loop.within(self._step(time.ticks_ms()))

    def _concerns(self, packet):
        # Most of what is said on a network is responses, and few can concern us: to take them apart is slow.
        return self._speaker.waits() or self._zone.name.encode() in packet.lower() or b"_services" in packet

    def _hear_response(self, reader):
        lost, rescue = [], []
        for _ in reader.questions():
            pass
        for record in reader.records():
            _, name, kind, cls, ttl = record[:5]
            own = self._zone.own(reader, record)
            if own and ttl * 2 < own[3]:
                rescue.append(own)
            elif own:
                self._speaker.heard(own, ttl)
            elif ttl and cls & 0x7FFF == 1 and name not in lost and self._zone.contested(name, kind, self._probe):
                lost.append(name)
        if lost:
            self._conflict(lost)
        elif not self._probe:
            # Who has heard that a record of ours ends is told otherwise (section 6.6).
            self._speaker.multicast([r for r in rescue if r[2]])
            if rescue:
                self._speaker.later([r for r in rescue if not r[2]])

    def _conflict(self, names):
        wait = self._conflicts.count(time.ticks_ms())
        if not self._probe:
            # Ours until now, so we ask first: their answers to the probes decide (section 9).
            self._claim(self._zone, wait)
            return
        new = self._zone.renamed()
        print("mpctl: mDNS: %s.local is another's, trying %s.local" % (self._zone.name, new.name))
        if self._announced:
            self._announced = False
            self._speaker.goodbye(self._zone.goodbye(names))
        self._claim(new, wait)

    def _hear_query(self, reader, sender):
        if not self._probe:
            self._answers.hear(reader, sender)
            return
        for _ in reader.questions():
            pass
        if self._probe.sent and self._probe.beaten(reader):
            self._probe.defer(time.ticks_ms(), probe.DEFER_MS)
