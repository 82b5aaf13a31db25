"""The mDNS responder (RFC 6762): claims the board's names, answers for them, and yields names that others hold."""

import time

from mpctl import answers, visit
from mpctl.speaker import PORT, Speaker


class Responder(Speaker):
    """renamed(name) is called when a conflict has changed the board's name, once it has claimed the new name."""

    def __init__(self, loop, sock, renamed):
        Speaker.__init__(self, sock)
        self._loop, self._renamed = loop, renamed
        self._identity = None  # what to claim; None once there was memory to begin
        self._claim = None  # until everything is claimed
        loop.watch(sock, self._receive)
        loop.add(self._step)

    def join(self, name, ip, services, port):
        """Join the group at this address, then claim and announce the records that zone.py makes of all this."""
        self.use(())
        self._identity = name, ip, services, port
        self._loop.wake(0)

    def leave(self):
        """Say goodbye for the announced records, and fall silent."""
        self.goodbye()
        self.use(())
        self._identity = self._claim = None

    def close(self):
        self.leave()
        self._loop.unwatch(self._sock)
        self._sock.close()

    def _begin(self):
        # The longer module comes first, while there is most memory.
        claim = visit("probe").Claim
        self._claim = claim(self, self.records or visit("zone").records(*self._identity), self._renamed)

    def _step(self, now):
        if self._identity:
            visit("multicast").join(self._sock, self._identity[1])
            self._begin()
            self._identity = None
        wait = self.step(now)
        if self._claim:
            left = self._claim.step(now)
            if left is None:
                self._claim = None
            else:
                wait = min(wait, left)
        return wait

    def _receive(self, sock):
        try:
            packet, sender = sock.recvfrom(1460)
            # The sender is (ip, port), on the unix port a sockaddr.
            port = sender[1] if isinstance(sender, tuple) else sender[2] << 8 | sender[3]
            response = packet[2] & 0x80
            # Ignored are other opcodes and error codes (section 18), and responses from other ports (section 6).
            if packet[2] & 0x78 or packet[3] & 0x0F or response and port != PORT:
                return
            if not self.records:
                if not self._claim:
                    return  # without a step: packets do not make a responder without memory try more often
                self._claim.hear(packet)
            elif not response:
                answers.query(self, packet, sender, port != PORT)
            else:
                lost = answers.response(self, packet)
                if lost:
                    if not self._claim:
                        self._begin()
                    self._claim.conflict(lost)
        except (OSError, MemoryError, ValueError, IndexError):
            # The packet is malformed or the heap is full: the asker will ask again.
            return
        self._loop.wake(self._step(time.ticks_ms()))
