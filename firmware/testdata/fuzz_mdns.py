# Usage: fuzz_mdns.py LIBRARY PACKETS SEED. Gives mutated packets to the responder. Prints by how much the heap in use has
# grown, and the numbers of packets sent and names changed.
import gc
import random
import sys

PACKETS = int(sys.argv[2])
random.seed(int(sys.argv[3]))


class Clock:
    # Stands in for the module time, so that packets can arrive at any time without a wait.
    ms = 0

    def ticks_ms(self):
        return self.ms

    def ticks_add(self, a, b):
        return a + b

    def ticks_diff(self, a, b):
        return a - b


sys.modules["time"] = clock = Clock()
sys.path.insert(0, sys.argv[1])
import mpctl
from mpctl import dns, mdns, zone


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

    def add(self, step):
        pass

    def wake(self, ms):
        pass


def readable(packet):
    # The responder's own packets are never malformed.
    for section, _, kind, _, _, at, size in dns.read(packet):
        yield section and dns.data(packet, kind, at, size)


def message(flags, questions, answers=(), authorities=(), flush=0x8000, ttl=0xFFFF):
    return bytes(dns.message(flags, (questions, answers, authorities, ()), ttl, flush, b"\x12\x34"))


def mutated(seed):
    p = bytearray(seed)
    for _ in range(random.getrandbits(3)):
        at = random.getrandbits(16) % max(1, len(p))
        change = random.getrandbits(3)
        if change == 0:
            p = p[:at]
        elif change == 1:
            p = p[:at] + p[at + 1 + random.getrandbits(3) :]
        elif change == 2:
            p = p[:at] + bytes([random.getrandbits(8) for _ in range(random.getrandbits(3))]) + p[at:]
        elif change == 3 and len(p) > at + 1:
            p[at], p[at + 1] = 0xC0, random.getrandbits(8)
        elif change == 4:
            p = (p + p[at:])[:1500]
        elif len(p) > at:
            p[at] = random.choice((0, 1, 63, 64, 0x80, 0xC0, 0xFF, random.getrandbits(8)))
        if not p:
            p = bytearray(1)
    return bytes(p)


def records(ip, id):
    return zone.records("desk", ip, [(b"_mpctl._tcp", ["txtvers=1", "id=" + id]), (b"_http._tcp", ["path=/"])], 80)


home, other = records("192.0.2.7", "ab"), records("192.0.2.9", "cd")
said = [r for r in home if r[1] != dns.NSEC]
unique = [r for r in other if r[1] in (dns.A, dns.SRV, dns.TXT)]
names = [r[0] for r in home if r[1] == dns.NSEC]
asked = [(zone.wire(n), k, c) for n, k in ((b"desk.local", 1), (b"desk.local", 28), (b"_mpctl._tcp.local", 12), (b"desk._http._tcp.local", 255), (b"_services._dns-sd._udp.local", 12)) for c in (1, 0x8001)]
seeds = [
    message(0, asked, said),
    message(0x0200, asked[:2], said[:3]),
    message(0, (), said),
    message(0, [(n, 255, 0x8001) for n in names], (), unique, 0),
    message(0x8400, (), other),
    message(0x8400, (), said, (), 0),
    message(0, asked[4:5]),
    message(0x8400, (), said, ttl=0),
]

sock, sent, renamed, visit = Socket(), 0, 0, mpctl.visit


def crowded(name):
    # Sometimes there is no memory for a module.
    if random.getrandbits(2) == 0:
        raise MemoryError
    return visit(name)


mpctl.visit = mdns.visit = crowded


def rename(name):
    global renamed
    renamed += 1


responder = mdns.Responder(Loop(), sock, rename)
senders = [("192.0.2.9", 5353), ("192.0.2.10", 5353), ("192.0.2.9", 40000), ("192.0.2.11", 40001), ("192.0.2.12", 5353), ("192.0.2.13", 5353)]


def run(packets):
    for n in range(packets):
        if n % 200 == 0:
            responder.join("desk", "192.0.2.7", [(b"_mpctl._tcp", ["txtvers=1", "id=ab"]), (b"_http._tcp", ["path=/"])], 80)
        clock.ms += random.getrandbits(7)
        sock.packet, sock.sender = mutated(random.choice(seeds)), random.choice(senders)
        for call, argument in ((responder._step, clock.ms), (responder._receive, sock)):
            try:
                call(argument)
            except MemoryError:
                pass  # as in the loop
        try:
            for _ in readable(sock.packet):
                pass
        except (ValueError, IndexError):
            pass
    responder.leave()
    for module in ("multicast", "zone", "probe", "conflict"):
        assert "mpctl." + module not in sys.modules, module + " is kept"


def kept():
    gc.collect()
    gc.collect()
    return gc.mem_alloc()


run(PACKETS // 10)
before = kept()
run(PACKETS - PACKETS // 10)
print(kept() - before, sent, renamed)
