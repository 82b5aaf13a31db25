"""The board's own settings, /mpctl.json, and who the board is."""

import binascii
import json
import os

PATH = "/mpctl.json"


def load():
    """The settings as a complete dict. What the file lacks or has wrong gets its default."""
    given = {}
    # On FAT, a rename over a file removes that file first. If the power fails just then, the new file is still there.
    for path in (PATH, PATH + ".new"):
        try:
            with open(path) as f:
                given = json.load(f)
            break
        except OSError:
            pass
        except ValueError:
            print("mpctl: %s is not JSON, it is ignored" % path)
            break
    if not isinstance(given, dict):
        given = {}
    board_id = unique_id()
    port = _typed(given.get("port"), int, 80)
    return {
        "v": 1,
        "id": board_id,
        "name": _name(given.get("name")) or "mpy-" + board_id[-6:],
        "wifi": _networks(_typed(given.get("wifi"), list, [])),
        "port": port if 0 < port < 65536 else 80,
        "sensors": _typed(given.get("sensors"), dict, {}),
    }


def save(changes):
    """Change some settings and keep the others. The file is complete at every moment."""
    try:
        with open(PATH) as f:
            settings = json.load(f)
    except (OSError, ValueError):
        settings = {"v": 1}
    settings.update(changes)
    with open(PATH + ".new", "w") as f:
        json.dump(settings, f)
    os.rename(PATH + ".new", PATH)


def unique_id():
    """machine.unique_id() in lower hex: the MAC on an ESP32."""
    try:
        import machine

        return binascii.hexlify(machine.unique_id()).decode()
    except (ImportError, AttributeError):
        return "000000000000"


def _typed(value, kind, default):
    # value if it is of that type.
    return value if isinstance(value, kind) else default


def _networks(given):
    networks = []
    for w in given:
        if isinstance(w, dict) and w.get("ssid") and isinstance(w["ssid"], str):
            networks.append({"ssid": w["ssid"], "password": _typed(w.get("password"), str, "")})
    return networks


def _name(name):
    # The name, None if it is not valid: 1-24 of a-z, 0-9 and hyphens, not first or last. It becomes a DNS label.
    if not isinstance(name, str) or not 1 <= len(name) <= 24 or name[0] == "-" or name[-1] == "-":
        return None
    for c in name:
        if c not in "abcdefghijklmnopqrstuvwxyz0123456789-":
            return None
    return name
