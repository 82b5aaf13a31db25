# uzlib.decompress of MicroPython before 1.21; wbits below zero means raw deflate.
from deflate import RAW, ZLIB, DeflateIO
from io import BytesIO


def decompress(data, wbits=0):
    stream = DeflateIO(BytesIO(data), RAW if wbits < 0 else ZLIB, abs(wbits) or 15)
    return stream.read()
