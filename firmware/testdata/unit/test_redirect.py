from check import equal
from mpctl.redirect import join

BASE = "http://a:81/b/c/d;p?q#f"


def test_rfc_3986():
    # Section 5.4, without the cases that no server sends.
    for to, want in (
        ("g", "/b/c/g"), ("./g", "/b/c/g"), ("g/", "/b/c/g/"), ("/g", "/g"), ("?y", "/b/c/d;p?y"), ("g?y", "/b/c/g?y"),
        (";x", "/b/c/;x"), (".", "/b/c/"), ("./", "/b/c/"), ("..", "/b/"), ("../", "/b/"), ("../g", "/b/g"),
        ("../..", "/"), ("../../g", "/g"), ("../../../g", "/g"), ("/./g", "/g"), ("/../g", "/g"), ("g.", "/b/c/g."),
        ("..g", "/b/c/..g"), ("./../g", "/b/g"), ("g/./h", "/b/c/g/h"), ("g/../h", "/b/c/h"),
        ("g?y/../x", "/b/c/g?y/../x"),
    ):
        equal(join(BASE, to), "http://a:81" + want)


def test_other_hosts():
    equal(join(BASE, "//g"), "http://g")
    equal(join("https://a", "//g/x"), "https://g/x")
    equal(join(BASE, "https://g/x?y"), "https://g/x?y")
    equal(join("https://a", "x"), "https://a/x")


def test_addresses_within_paths():
    equal(join(BASE, "/g?to=http://x/y"), "http://a:81/g?to=http://x/y")
    equal(join(BASE, "/web/http://x/y"), "http://a:81/web/http://x/y")
    equal(join("http://a/b?u=/c/d", "e"), "http://a/e")
