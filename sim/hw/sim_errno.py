# errno with the numbers of the board's C library. The compiler puts the computer's in where it sees errno.NAME;
# getattr(errno, name) gives these.
from errno import *

import world

EADDRINUSE, ETIMEDOUT = world.eaddrinuse, world.etimedout
