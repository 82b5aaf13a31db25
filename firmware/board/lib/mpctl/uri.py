"""Request targets that are more than a plain path."""


def split(target):
    """(path, query) of a target, the path decoded. Raises ValueError for a target without a path, or not UTF-8."""
    if target.startswith("http://"):
        # The form that a client sends to a proxy.
        slash = target.find("/", 7)
        target = target[slash:] if slash > 0 else "/"
    if not target.startswith("/"):
        raise ValueError("the target does not start with /")
    path, _, query = target.partition("?")
    return unquote(path), query


def unquote(text):
    """text with every %XX decoded. Raises ValueError if the result is not UTF-8."""
    pieces = text.split("%")
    out = pieces[0].encode()
    for piece in pieces[1:]:
        try:
            out += bytes([int(piece[:2], 16)]) + piece[2:].encode()
        except (ValueError, TypeError):
            out += b"%" + piece.encode()
    return out.decode()


def parameter(query, name):
    """The first value of name in a query, decoded; None if the query lacks it."""
    for pair in query.split("&"):
        key, _, value = pair.partition("=")
        if key == name:
            return unquote(value.replace("+", " "))
    return None
