# sys as the board's firmware reports itself.
from sys import *

import world


class _Implementation:
    name = "micropython"
    version = world.release
    _machine = world.machine_name

    def __getitem__(self, i):
        return (self.name, self.version, self._machine)[i]


implementation = _Implementation()
platform = world.platform
