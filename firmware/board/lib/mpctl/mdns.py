"""The mDNS responder (RFC 6762): claims the board's names, answers for them, and gives way where they are another's."""

import time

from mpctl import answers, visit
from mpctl.speaker import PORT, Speaker


class Responder(Speaker):
    """renamed(name) is called when a name had to be changed, once the new one is the board's."""

    def __init__(self, loop, sock, renamed):
        Speaker.__init__(self, sock)
        self._loop, self._renamed = loop, renamed
        self._about = None  # what is to be claimed, until there was memory for that
        self._claim = None  # who does it, until all is done
        loop.watch(sock, self._receive)
        loop.every(self._step)

    def join(self, name, ip, services, port):
        """The address is there: join the group on it, then claim and announce what zone.records() makes of this."""
        self.use(())
        self._about = name, ip, services, port
        self._loop.within(0)

    def leave(self):
        """Goodbye, if anything was said before."""
        self.goodbye()
        self.use(())
        self._about = self._claim = None

    def close(self):
        self.leave()
        self._loop.unwatch(self._sock)
        self._sock.close()

    def _begin(self):
        # The longer module comes first, while there is most room.
        claim = visit("probe").Claim
        self._claim = claim(self, self.records or visit("zone").records(*self._about), self._renamed)

    def _step(self, now):
        if self._about:
            visit("multicast").join(self._sock, self._about[1])
            self._begin()
            self._about = None
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
            # Most ports give (ip, port), the unix port a sockaddr.
            port = sender[1] if isinstance(sender, tuple) else sender[2] << 8 | sender[3]
            response = packet[2] & 0x80
            # Nothing with another opcode or an error code (section 18), no response from another port (section 6).
            if packet[2] & 0x78 or packet[3] & 0x0F or response and port != PORT:
                return
            if not self.records:
                if not self._claim:
                    return  # and no step: if it lacks memory for a claim, packets do not make it try more often
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
            # One packet's fault, or a crowded heap: whoever asked will ask again.
            return
        self._loop.within(self._step(time.ticks_ms()))
