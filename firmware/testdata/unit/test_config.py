import json
import os

from check import equal
from mpctl import config


class Os:
    # MicroPython's own rename confuses the paths if the flash is a folder.
    def rename(self, old, new):
        with open(old) as f:
            text = f.read()
        with open(new, "w") as f:
            f.write(text)
        os.remove(old)


config.os = Os()


def load(text):
    # Loads settings with this text, or object, in the file; None: without a file.
    try:
        os.remove("/mpctl.json")
    except OSError:
        pass
    if text is not None:
        with open("/mpctl.json", "w") as f:
            f.write(text if isinstance(text, str) else json.dumps(text))
    return config.load()


def test_defaults():
    board_id = config.unique_id()
    want = {"v": 1, "id": board_id, "name": "mpy-" + board_id[-6:], "wifi": [], "port": 80, "sensors": {}}
    for text in (None, "", "{", "[]", "null", "1", '"x"', "\x00", "{}", '{"wifi": {}, "port": "80", "sensors": []}'):
        equal(load(text), want)


def test_valid_settings_stay():
    networks, sensors = [{"ssid": "a", "password": "b"}], {"light": {"pin": 34}}
    settings = {"name": "desk-2", "wifi": networks, "port": 8080, "sensors": sensors}
    loaded = load(settings)
    for key in settings:
        equal(loaded[key], settings[key])


def test_names():
    for name in ("a", "0", "a-b", "mpy-a1b2c3", "x" * 24):
        equal(load({"name": name})["name"], name)
    default = load({})["name"]
    for name in ("", "-a", "a-", "Desk", "a b", "a.b", "é", "x" * 25, "a\n", 1, None, ["a"], {}):
        equal(load({"name": name})["name"], default)


def test_ports():
    for port, want in ((1, 1), (65535, 65535), (0, 80), (65536, 80), (-1, 80), (8080.5, 80), (None, 80), ([], 80)):
        equal(load({"port": port})["port"], want)


def test_networks():
    right = {"ssid": "a", "password": "b"}
    wrong = [None, 1, "a", [], {}, {"ssid": ""}, {"ssid": 1}, {"password": "b"}]
    equal(load({"wifi": wrong + [right] + wrong})["wifi"], [right])
    for password in (None, 1, []):
        equal(load({"wifi": [{"ssid": "open", "password": password}]})["wifi"], [{"ssid": "open", "password": ""}])


def test_save_keeps_the_rest():
    load({"name": "desk", "port": 8080, "mine": [1, 2]})
    config.save({"name": "desk-2"})
    with open("/mpctl.json") as f:
        equal(json.load(f), {"name": "desk-2", "port": 8080, "mine": [1, 2]})
    equal([name for name in os.listdir("/") if name.startswith("mpctl.json")], ["mpctl.json"])


def test_save_over_a_bad_file():
    for text in (None, "{"):
        load(text)
        config.save({"name": "desk"})
        equal(config.load()["name"], "desk")


def test_a_rename_cut_in_half():
    load(None)
    with open("/mpctl.json.new", "w") as f:
        f.write('{"name": "desk"}')
    equal(config.load()["name"], "desk")
    equal(load({"name": "lamp"})["name"], "lamp")
    with open("/mpctl.json.new", "w") as f:
        f.write('{"na')
    equal(load(None)["name"], load({})["name"])
    os.remove("/mpctl.json.new")
