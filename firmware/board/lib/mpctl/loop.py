"""The one loop that owns every socket: waits for input and for time, and calls whoever is concerned."""

import select
import sys
import time

IN = select.POLLIN
OUT = select.POLLOUT
IDLE_MS = 1000


class Loop:
    def __init__(self):
        self._poll = select.poll()
        self._handlers = {}
        self._steps = []
        self._due = time.ticks_ms()

    def watch(self, sock, handler, events=IN):
        """Call handler(sock) when one of the events, or an error, is there."""
        self._handlers[id(sock)] = handler
        self._poll.register(sock, events)

    def unwatch(self, sock):
        if self._handlers.pop(id(sock), None) is not None:
            self._poll.unregister(sock)

    def close(self, sock):
        """Close a socket, watched or not."""
        self.unwatch(sock)
        sock.close()

    def every(self, step):
        """Call step(now) again and again: it does what is due and returns how many ms it can wait, at most."""
        self._steps.append(step)
        self.within(0)

    def within(self, ms):
        """See to it that the steps are called again in ms at the latest."""
        due = time.ticks_add(time.ticks_ms(), ms)
        if time.ticks_diff(due, self._due) < 0:
            self._due = due

    def turn(self):
        """One round: what is due, then what comes in."""
        now = time.ticks_ms()
        wait = time.ticks_diff(self._due, now)
        if wait <= 0:
            # A step may ask for less with within() while the others run.
            self._due = time.ticks_add(now, IDLE_MS)
            for step in self._steps:
                try:
                    self.within(step(now))
                except Exception as e:
                    # Out of memory, mostly: in a moment it may have passed, and nobody is there to start us again.
                    sys.print_exception(e)
            wait = max(0, time.ticks_diff(self._due, now))
        for ready in self._poll.poll(wait):
            sock = ready[0]
            handler = self._handlers.get(id(sock))
            if handler is None:
                continue
            try:
                handler(sock)
            except Exception as e:
                # One packet's fault must not be the end of all. Closing is for whom the socket belongs to: the
                # listener has to live on.
                sys.print_exception(e)
