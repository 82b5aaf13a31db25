# Checks for unit tests. Each call is counted, because a test without a check must fail.
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


def write(path, data):
    with open(path, "wb") as f:
        f.write(data)


def read(path):
    with open(path, "rb") as f:
        return f.read()
