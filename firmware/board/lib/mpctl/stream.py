"""Readings as server-sent events. There is no queue: the sensor is read when the event is sent."""

import time

from mpctl import http, uri

INTERVAL_MS = 1000
HEARTBEAT_MS = 15000


def answer(api, query):
    try:
        name = uri.parameter(query, "sensor")
        every = interval(uri.parameter(query, "interval"))
    except ValueError as e:
        return http.error(400, e.args[0] if e.args else "the query is not UTF-8")
    if name is None:
        read = api.read_all
    elif name in api.sensors:
        read = lambda: api.read(name)
    else:
        return api.no_sensor(name)
    return 200, b"text/event-stream", Stream(every, read), b"Cache-Control: no-cache\r\n"


def interval(text):
    """The interval in ms by the query's text, the default for None. Raises ValueError outside 100-60000."""
    if text is None:
        return INTERVAL_MS
    if not text.isdigit() or len(text) > 5 or not 100 <= int(text) <= 60000:
        raise ValueError("interval is a number of milliseconds from 100 to 60000")
    return int(text)


class Stream:
    """A source for the server. read() returns a line of JSON as bytes."""

    length = None

    def __init__(self, interval_ms, read):
        self._interval, self._read = interval_ms, read
        self._due = None
        self._sent = 0  # when the last piece was sent, ticks
        self.wait = 0

    def piece(self):
        now = time.ticks_ms()
        if self._due is None:
            # A browser that loses the board tries again after two seconds.
            self._due = now
            lead = b"retry: 2000\n\n"
        else:
            lead = b""
        if time.ticks_diff(self._due, now) <= 0:
            self._sent = now
            self._due = time.ticks_add(self._due, self._interval)
            if time.ticks_diff(self._due, now) <= 0:
                # The client was too slow: the events that it has missed are not sent.
                self._due = time.ticks_add(now, self._interval)
            return lead + b"data: " + self._read() + b"\n"
        silence = time.ticks_diff(now, self._sent)
        if silence >= HEARTBEAT_MS:
            self._sent = now
            return b":\n\n"
        self.wait = min(time.ticks_diff(self._due, now), HEARTBEAT_MS - silence)
        return b""
