"""Where a redirect leads: apart from fetch.py, as most pages need it not."""


def join(base, to):
    """The URL that a Location means in the answer to base: RFC 3986 section 5.2."""
    scheme, _, rest = base.partition("#")[0].partition("?")[0].partition("//")
    where, _, path = rest.partition("/")
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
    return scheme + "//" + where + "/" + "/".join(kept) + mark + query
