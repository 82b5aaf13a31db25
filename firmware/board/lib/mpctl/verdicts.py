"""What status() of the station interface means when joining failed."""

import sys

# The same numbers mean other things on other ports.
VERDICTS = {
    "rp2": {-3: "wrong_password", -2: "not_found", -1: "refused"},
    "esp8266": {2: "wrong_password", 3: "not_found", 4: "refused"},
    "esp32": {
        2: "wrong_password", 15: "wrong_password", 202: "wrong_password", 204: "wrong_password", 205: "wrong_password",
        201: "not_found", 210: "not_found", 211: "not_found", 212: "not_found", 203: "refused", 5: "refused",
    },
}.get(sys.platform, {})
