"""The mDNS responder (RFC 6762): when to say what zone.py knows, and to whom."""

import socket
import sys
import time

try:
    from urandom import getrandbits
except ImportError:
    from random import getrandbits

from mpctl import dns, zone

GROUP, PORT = "224.0.0.251", 5353
LEGACY_TTL = 10  # seconds, RFC 6762 section 6.7
AGAIN_MS = 1000  # a record is not multicast twice within this, RFC 6762 section 6
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
    def __init__(self, loop, sock):
        self._loop, self._sock = loop, sock
        self._group = socket.getaddrinfo(GROUP, PORT)[0][-1]
        self._zone = None
        self._sent = {}  # record: when it was last multicast
        self._later = []  # (ticks, records): shared answers wait, announcements come again
        loop.watch(sock, self._receive)
        loop.every(self._step)

    def join(self, ip, records):
        """The address is there: join the group on it and announce the records, a zone.Zone."""
        self._zone = records
        # Not in every port's socket module: the number of lwIP, or of Linux.
        option = getattr(socket, "IP_ADD_MEMBERSHIP", 35 if sys.platform == "linux" else 12)
        try:
            self._sock.setsockopt(0, option, zone.four_bytes(GROUP) + zone.four_bytes(ip))
        except OSError as e:
            print("mpctl: mDNS: joining the group: %s" % e)
        self._sent = {}
        # Two announcements at least a second apart (RFC 6762 section 8.3), though the first goes out a little late.
        self._after(0, records.records)
        self._after(AGAIN_MS + 250, records.records)

    def leave(self):
        """Goodbye: every record once more, with no time to live (RFC 6762 section 10.1)."""
        if self._zone:
            self._multicast(self._zone.records, goodbye=True)
        self._zone, self._later = None, []

    def close(self):
        self.leave()
        self._loop.unwatch(self._sock)
        self._sock.close()

    def _after(self, ms, records):
        self._later.append((time.ticks_add(time.ticks_ms(), ms), records))
        self._loop.within(ms)

    def _step(self, now):
        wait, later = AGAIN_MS, []
        for entry in self._later:
            left = time.ticks_diff(entry[0], now)
            if left <= 0:
                self._multicast(entry[1])
            else:
                later.append(entry)
                wait = min(wait, left)
        self._later = later
        return wait

    def _receive(self, sock):
        try:
            packet, sender = sock.recvfrom(MAX_PACKET)
            # Queries only: no responses, no other opcodes, nothing with an error code (RFC 6762 section 18). Most
            # of what is said on a network is responses: they are not worth reading.
            if not self._zone or len(packet) < 4 or packet[2] & 0xF8 or packet[3] & 0x0F:
                return
            ident, questions, records = dns.read(packet)
            self._answer(ident, questions, self._known(packet, records), sender)
        except (OSError, MemoryError, dns.Malformed):
            # One packet's fault, or a crowded heap: whoever asked will ask again.
            pass

    def _known(self, packet, records):
        # (name, target) of the known answers: those the asker holds for at least half their time.
        known = []
        for section, name, kind, _, ttl, at, _ in records:
            if section == 0 and kind == dns.PTR and ttl >= zone.SERVICE_TTL // 2:
                try:
                    known.append((name, dns.read_name(packet, at)[0]))
                except dns.Malformed:
                    pass
        return known

    def _answer(self, ident, questions, known, sender):
        direct, now, shared = [], [], []
        legacy = _port_of(sender) != PORT
        for name, kind, cls in questions:
            if cls & 0x7FFF not in (1, 255):
                continue
            for record in self._zone.find(name, kind):
                where = direct if legacy or cls & dns.UNICAST else now if record[2] else shared
                if record not in where and (record[0], record[5]) not in known:
                    where.append(record)
        if direct:
            self._unicast(ident, questions, direct, sender, legacy)
        if now:
            self._multicast(now)
        if shared:
            # Others may answer the same question: not all at the same moment (RFC 6762 section 6).
            self._after(20 + getrandbits(10) % 101, shared)

    def _unicast(self, ident, questions, answers, sender, legacy):
        writer = dns.Writer(ident if legacy else 0, dns.RESPONSE, legacy)
        if legacy:
            for name, kind, cls in questions:
                writer.question(name, kind, cls & 0x7FFF)
        for section, records in ((0, answers), (2, self._zone.additional(answers))):
            for record in records:
                ttl = min(record[3], LEGACY_TTL) if legacy else record[3]
                writer.record(section, record, ttl, record[2] and not legacy)
        self._send(writer, sender)

    def _multicast(self, records, goodbye=False):
        now = time.ticks_ms()
        if not goodbye:
            records = [r for r in records if r not in self._sent or time.ticks_diff(now, self._sent[r]) >= AGAIN_MS]
        if not records or not self._zone:
            return
        writer = dns.Writer(0, dns.RESPONSE)
        for section, some in ((0, records), (2, () if goodbye else self._zone.additional(records))):
            for record in some:
                writer.record(section, record, 0 if goodbye else record[3], record[2])
                self._sent[record] = now
        self._send(writer, self._group)

    def _send(self, writer, where):
        try:
            self._sock.sendto(writer.bytes(), where)
        except OSError:
            # The network has just gone, or its buffers are full: whoever asked will ask again.
            pass


def _port_of(sender):
    # Most ports give (ip, port), the unix port a sockaddr.
    return sender[1] if isinstance(sender, tuple) else sender[2] << 8 | sender[3]
