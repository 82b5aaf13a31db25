# Mutated packets through the responder: fuzz_mdns.py LIBRARY PACKETS SEED. It prints the kept heap's growth.
import gc
import random
import sys

sys.path.insert(0, sys.argv[1])
from mpctl import answers, dns, mdns, probe, speaker, zone

PACKETS = int(sys.argv[2])
random.seed(int(sys.argv[3]))


class Clock:
    # In the place of the module time: a packet may come at any moment, and the test need not wait for it.
    ms = 0

    def ticks_ms(self):
        return self.ms

    def ticks_add(self, a, b):
        return a + b

    def ticks_diff(self, a, b):
        return a - b


class Socket:
    def setsockopt(self, *what):
        pass

    def recvfrom(self, size):
        return self.packet[:size], self.sender

    def sendto(self, data, where):
        global sent
        sent += 1
        for _ in readable(bytes(data)):
            pass


class Loop:
    def watch(self, sock, handler):
        pass

    def every(self, step):
        pass

    def within(self, ms):
        pass


def readable(packet):
    # What the responder says itself is never malformed.
    reader = dns.Reader(packet)
    for q in reader.questions():
        yield q
    for r in reader.records():
        yield reader.data(r)


def message(flags, questions, answers, authorities, plain=False):
    w = dns.Writer(0x1234, flags, plain)
    for q in questions:
        w.question(*q)
    for section, records in ((0, answers), (1, authorities)):
        for r in records:
            w.record(section, r, r[3], section == 0 and r[2])
    return bytes(w.bytes())


def mutated(seed):
    p = bytearray(seed)
    for _ in range(random.getrandbits(3)):
        at = random.getrandbits(16) % max(1, len(p))
        way = random.getrandbits(3)
        if way == 0:
            p = p[:at]
        elif way == 1:
            p = p[:at] + p[at + 1 + random.getrandbits(3) :]
        elif way == 2:
            p = p[:at] + bytes([random.getrandbits(8) for _ in range(random.getrandbits(3))]) + p[at:]
        elif way == 3 and len(p) > at + 1:
            p[at], p[at + 1] = 0xC0, random.getrandbits(8)
        elif way == 4:
            p = (p + p[at:])[:1500]
        elif len(p) > at:
            p[at] = random.choice((0, 1, 63, 64, 0x80, 0xC0, 0xFF, random.getrandbits(8)))
        if not p:
            p = bytearray(1)
    return bytes(p)


home = zone.Zone("desk", "192.0.2.7", [(b"_mpctl._tcp", ["txtvers=1", "id=ab"]), (b"_http._tcp", ["path=/"])], 80)
other = zone.Zone("desk", "192.0.2.9", [(b"_mpctl._tcp", ["txtvers=1", "id=cd"]), (b"_http._tcp", ["path=/"])], 80)
unique = [r for r in other.records if r[2]]
asked = [(n, k, c) for n, k in ((b"desk.local", 1), (b"desk.local", 28), (b"_mpctl._tcp.local", 12), (b"desk._http._tcp.local", 255), (zone.SERVICES, 12)) for c in (1, 0x8001)]
seeds = [
    message(0, asked, home.records, ()),
    message(0x0200, asked[:2], home.records[:3], ()),
    message(0, (), home.records, ()),
    message(0, [(n, 255, 0x8001) for n in home.names()], (), unique),
    message(0x8400, (), other.records, ()),
    message(0x8400, (), home.records, (), True),
    message(0, asked[4:5], (), ()),
    message(0x8400, (), [(r[0], r[1], r[2], 0) + r[4:] for r in home.records], ()),
]

clock, sock, sent, renamed = Clock(), Socket(), 0, 0
for module in (answers, mdns, probe, speaker):
    module.time = clock


def rename(name):
    global renamed
    renamed += 1


responder = mdns.Responder(Loop(), sock, rename)
senders = [("192.0.2.9", 5353), ("192.0.2.10", 5353), ("192.0.2.9", 40000), ("192.0.2.11", 40001), ("192.0.2.12", 5353), ("192.0.2.13", 5353)]


def run(packets):
    for n in range(packets):
        if n % 200 == 0:
            responder.join("192.0.2.7", home)
        clock.ms += random.getrandbits(7)
        responder._step(clock.ms)
        sock.packet, sock.sender = mutated(random.choice(seeds)), random.choice(senders)
        responder._receive(sock)
        try:
            for _ in readable(sock.packet):
                pass
        except dns.Malformed:
            pass
    responder.leave()


def kept():
    gc.collect()
    gc.collect()
    return gc.mem_alloc()


run(PACKETS // 10)
before = kept()
run(PACKETS - PACKETS // 10)
print(kept() - before, sent, renamed)
