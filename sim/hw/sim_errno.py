# errno with the numbers of the board's C library. Only getattr(errno, name) gives these: for errno.NAME the compiler puts
# in the computer's own number.
from errno import *

import world

EADDRINUSE, ETIMEDOUT = world.eaddrinuse, world.etimedout
