"""The one loop that owns every socket. It waits for input and for time, and calls handlers and steps."""

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
        """Call handler(sock) after one of the events or an error."""
        self._handlers[id(sock)] = handler
        self._poll.register(sock, events)

    def unwatch(self, sock):
        if self._handlers.pop(id(sock), None) is not None:
            self._poll.unregister(sock)

    def close(self, sock):
        """Close a socket, watched or not."""
        self.unwatch(sock)
        sock.close()

    def add(self, step):
        """Call step(now) again and again. It does what is due, and returns the ms that it can wait at most."""
        self._steps.append(step)
        self.wake(0)

    def wake(self, ms):
        """Call the steps again in so many ms, or earlier."""
        due = time.ticks_add(time.ticks_ms(), ms)
        if time.ticks_diff(due, self._due) < 0:
            self._due = due

    def turn(self):
        """One round: the steps if they are due, then the input."""
        now = time.ticks_ms()
        wait = time.ticks_diff(self._due, now)
        if wait <= 0:
            # The steps shorten this with wake().
            self._due = time.ticks_add(now, IDLE_MS)
            for step in self._steps:
                try:
                    self.wake(step(now))
                except Exception as e:
                    # Most often the memory is short for a moment. Nobody is near to restart the board.
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
                # One bad packet must not end the firmware. The socket stays open, for it may be the listener: closing
                # is up to its owner.
                sys.print_exception(e)
