# What unit tests in MicroPython import. Each check is counted, because a test without a check must fail.
import sys

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


# Runs the functions test_* of a module, and calls prepare before each. Prints PASS or FAIL and the name of each test, and
# after FAIL the traceback.
def run(module, prepare=lambda: None):
    for name in sorted(dir(module)):
        if not name.startswith("test_"):
            continue
        prepare()
        before = count
        try:
            getattr(module, name)()
            if count == before:
                raise AssertionError("it checks nothing")
            print("PASS", name)
        except BaseException as e:
            print("FAIL", name)
            sys.print_exception(e, sys.stdout)
