"""Conflicts about names: who may keep a name, and which name to try next (RFC 6762 sections 8.2 and 9)."""

from mpctl import dns
from mpctl.answers import label


def find(records, name):
    """The records of a name that no other host may have."""
    return [r for r in records if r[0] == name and r[1] not in (dns.PTR, dns.NSEC)]


def lost(records, packet):
    """The names in a response that another host holds, with a record of any type."""
    names = []
    for item in dns.read(packet):
        _, name, kind, cls, ttl = item[:5]
        if ttl and cls & 0x7FFF == 1 and kind != dns.NSEC and find(records, name):
            if not dns.find(records, packet, item):
                names.append(name)
    return names


def loses(records, packet):
    """Whether the probe of another host wins one of the names: the data that come later in the order do. Equal data are
    no conflict, for multicast brings our own probes back."""
    names = {}
    for section, name, kind, cls, _, at, size in dns.read(packet):
        if section == 2 and find(records, name):
            data = dns.data(packet, kind, at, size, bytes)
            names.setdefault(name, []).append((cls & 0x7FFF, kind, data))
    for name in names:
        if sorted(names[name]) > sorted([(1, r[1], r[2]) for r in find(records, name)]):
            return True
    return False


def next_name(name):
    """The name to try after this one: desk, desk-2, desk-3. At most 24 characters, as config.py demands."""
    n = 2
    at = name.rfind("-")
    digits = name[at + 1 :]
    # A longer number is rather part of the name, such as the end of a MAC.
    if at > 0 and len(digits) < 3 and digits.isdigit() and digits[0] != "0":
        name, n = name[:at], max(2, int(digits) + 1)
    end = "-%d" % n
    return name[: 24 - len(end)].rstrip("-") + end


def rename(records, old, new):
    """The records under another label. A record that stays the same keeps the time of its last multicast."""

    def change(name):
        return new + name[len(old) :] if name.startswith(old) else name

    found = []
    for r in records:
        name, kind, data, _ = r
        at = dns.BEFORE_NAME.get(kind, len(data))
        item = [change(name), kind, data[:at] + change(data[at:]), None]
        found.append(r if item[:3] == r[:3] else item)
    return found


def give_up(speaker, records, lost):
    """The records under the next name, after other hosts took the lost names."""
    old = label(records)
    name = next_name(old[1:].decode())
    print("mpctl: mDNS: %s.local is another's, trying %s.local" % (old[1:].decode(), name))
    # Records of the lost names do not end: they belong to the winner now.
    speaker.ending = [r for r in speaker.ending if r[0] not in lost and dns.target(r) not in lost]
    speaker.goodbye()
    return rename(records, old, bytes([len(name)]) + name.encode())
