# What a test says of the module: each call counts, as a test without any tests nothing.
count = 0


def equal(got, want):
    global count
    count += 1
    if got != want:
        raise AssertionError("%r, want %r" % (got, want))


def raises(error, call, *args):
    global count
    count += 1
    try:
        got = call(*args)
    except error as e:
        return e
    raise AssertionError("no %s, but %r" % (error.__name__, got))
