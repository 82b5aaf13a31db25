# Parts of files, from the board and to it.


# n bytes from offset o on, as Base64.
def _m_read(p, o, n):
    with open(p, "rb") as f:
        f.seek(o)
        d = f.read(n)
    return binascii.b2a_base64(d).decode()


# Hands the next n bytes of the call's data to write, piece by piece.
def _m_copy(n, write):
    b = memoryview(bytearray(512))
    while n:
        k = _m_in.readinto(b[: min(n, 512)])
        if not k:
            raise ValueError("altered on the line")
        write(b[:k])
        n -= k


# Writes the call's data as parts of files: of each a path, an offset and a length. A part that is not the next one
# of its file has been written before, by a call whose answer was lost, and is skipped.
#
# A file that an exception leaves open is closed when the heap is collected, over what has been written to it since:
# hence the with.
def _m_put(l):
    for p, at, n in l:
        if at and os.stat(p)[6] != at:
            _m_copy(n, len)
        else:
            with open(p, "ab" if at else "wb") as f:
                _m_copy(n, f.write)
