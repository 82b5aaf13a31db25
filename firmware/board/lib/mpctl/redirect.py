"""Where a redirect leads. A module apart from fetch.py, as most pages do not need it."""


def join(base, to):
    """The URL that a Location means in the answer to base: RFC 3986 section 5.2."""
    scheme, _, rest = base.partition("#")[0].partition("?")[0].partition("//")
    authority, _, path = rest.partition("/")
    if to[:2] == "//":
        return scheme + to
    to, mark, query = to.partition("?")
    if to[:1] == "/":
        path = to[1:]
    elif "://" in to:
        return to + mark + query
    elif to:
        path = path[: path.rfind("/") + 1] + to
    kept = []
    for part in path.split("/"):
        if part == "..":
            kept = kept[:-1]
        elif part != ".":
            kept.append(part)
    if part in (".", ".."):
        kept.append("")
    return scheme + "//" + authority + "/" + "/".join(kept) + mark + query
