# http_get must fit in beside the server.
import gc
import sys

from check import equal


def test_fetch_keeps_less_than_3_KB():
    # The first copy adds names too, in pools with room for the names of others. How much the collector misses differs
    # from copy to copy.
    copies, heap = [], []
    for _ in range(10):
        gc.collect()
        heap.append(gc.mem_alloc())
        copies.append(__import__("mpctl.fetch", None, None, ("fetch",)))
        del sys.modules["mpctl.fetch"]
    kept = (heap[-1] - heap[1]) // 8
    equal("less" if 1000 < kept < 3072 else kept, "less")
