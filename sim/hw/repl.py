# The REPL of a board, with the answers of MicroPython's shared/runtime/pyexec.c: friendly, paste, raw and raw-paste
# mode. 0x03 is an ordinary byte while the REPL reads, and interrupts code while that runs. The terminal turns LF into
# CR LF, as a board's stdout does.
import gc
import io
import sys
import termios

import world

WINDOW = 128  # raw-paste credit: MICROPY_REPL_STDIN_BUFFER_MAX / 2
ISIG, NOFLSH, LFLAG = 0x1, 0x80, 3
COMPOUND = ("if ", "while ", "for ", "try:", "with ", "def ", "class ", "async ", "@")
OWN_FRAMES = ('repl.py"', 'rom.py"')

_byte = bytearray(1)
_stdin, _stdout = sys.stdin.buffer, sys.stdout.buffer


def read():
    if _stdin.readinto(_byte) != 1:
        world.reset(world.HARD_RESET)
    return _byte[0]


def write(data):
    _stdout.write(data)


def unfinished(source):
    # Reports whether the friendly prompt has to ask for another line.
    depth, quote, i = 0, "", 0
    while i < len(source):
        c = source[i]
        if quote:
            if c == "\\":
                i += 1
            elif source[i : i + len(quote)] == quote:
                i += len(quote) - 1
                quote = ""
            elif c == "\n" and len(quote) == 1:
                quote = ""
        elif c in "'\"":
            quote = c * 3 if source[i : i + 3] == c * 3 else c
            i += len(quote) - 1
        elif c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
        i += 1
    if len(quote) == 3 or depth > 0 or source.endswith("\\"):
        return True
    return source.startswith(COMPOUND) and not source.endswith("\n")


class Console:
    def __init__(self, name, banner, raw_paste):
        self._name, self._banner, self._raw_paste = name, banner, raw_paste
        self._globals = {"__name__": "__main__"}
        self._terminal = termios.tcgetattr(0)

    def _interruptible(self, on):
        self._terminal[LFLAG] = ISIG | NOFLSH if on else 0
        termios.tcsetattr(0, termios.TCSANOW, self._terminal)

    def execute(self, source, name, mode, begin=b"", end=b""):
        # begin is printed when the code can be interrupted, before it runs. end is printed between the output of the
        # code and the traceback; it is 0x04 in raw mode.
        fault = None
        try:
            try:
                self._interruptible(True)
                write(begin)
                exec(compile(source, name, mode), self._globals)
            finally:
                self._interruptible(False)
                world.release_interrupt()  # here, where a KeyboardInterrupt is still caught
        except SystemExit:
            write(end + end)
            self._soft_reset(world.SOFT_RESET)
        except BaseException as e:
            fault = e
        write(end)
        if fault is not None:
            text = io.StringIO()
            sys.print_exception(fault, text)
            for line in text.getvalue().split("\n"):
                if line and not any(own in line for own in OWN_FRAMES):
                    write(line.encode() + b"\n")

    def run_file(self, path):
        try:
            f = open(path)
        except OSError:
            return
        try:
            with f:
                source = f.read()
            self.execute(source, path[1:], "exec")
        except KeyboardInterrupt:  # it arrived just after the code had ended
            self._interruptible(False)

    def _soft_reset(self, code):
        write(b"%s: soft reboot\n" % self._name.encode())
        world.reset(code)

    def serve(self, raw):
        # Serves until a soft reset.
        while True:
            try:
                leave = self._raw() if raw else self._friendly()
            except (KeyboardInterrupt, MemoryError):  # raised between code and prompt
                continue
            if leave:
                self._soft_reset(world.SOFT_RESET_RAW if raw else world.SOFT_RESET)
            raw = not raw

    def _raw(self):
        # Returns True for a soft reset, False for the friendly prompt.
        write(b"raw REPL; CTRL-B to exit\n")
        while True:
            write(b">")
            line = bytearray()
            while True:
                c = read()
                if c == 1:
                    if self._raw_paste and len(line) == 2 and line[0] == 5:
                        self._paste(line[1])
                        line = None
                        break
                    write(b"raw REPL; CTRL-B to exit\n>")
                    line = bytearray()
                elif c == 2:
                    write(b"\n")
                    return False
                elif c == 3:
                    line = bytearray()
                elif c == 4:
                    break
                else:
                    line.append(c)
            if line is None:
                continue
            if not line:
                write(b"OK\n")
                return True
            try:
                source = bytes(line)
            except MemoryError:
                self._full(b"OK")
                continue
            line = None
            self._run_raw(source, b"OK")

    def _run_raw(self, source, begin):
        self.execute(source, "<stdin>", "exec", begin, b"\x04")
        write(b"\x04")

    def _full(self, begin):
        # Answers to code that does not fit into the heap.
        write(begin + b"\x04MemoryError: memory allocation failed\n\x04")

    def _paste(self, kind):
        if kind != ord("A"):
            write(b"R\x00")
            return
        write(b"R\x01" + bytes([WINDOW & 0xFF, WINDOW >> 8, 1]))
        source, remain = bytearray(), WINDOW
        while True:
            c = read()
            if c == 3:
                write(b"\x04\x04KeyboardInterrupt: \n\x04")
                return
            if c == 4:
                break
            try:
                source.append(c)
            except MemoryError:
                source = None
                gc.collect()
                write(b"\x04")
                while read() != 4:
                    pass
                return self._full(b"")
            remain -= 1
            if remain == 0:
                write(b"\x01")
                remain = WINDOW
        try:
            source = bytes(source)
        except MemoryError:
            return self._full(b"\x04")
        self._run_raw(source, b"\x04")

    def _friendly(self):
        write(b"\n" + self._banner.encode() + b'\nType "help()" for more information.\n')
        while True:
            source = self._ask()
            if source is None or source is True:
                return source is None
            if source.strip():
                self.execute(source, "<stdin>", "single")

    def _ask(self):
        # Returns one statement, True if raw mode is asked for, or None for a soft reset.
        write(b">>> ")
        source, line = "", bytearray()
        while True:
            c = read()
            if c == 1 and not source:
                write(b"\n")
                return True
            if c == 2:
                write(b"\n" + self._banner.encode() + b'\nType "help()" for more information.\n')
                return ""
            if c == 3:
                write(b"\n")
                return ""
            if c == 4 and not line and not source:
                write(b"\n")
                return None
            if c == 5 and not line:
                return self._paste_mode()
            if c in (8, 127):
                if line:
                    line = line[:-1]
                    write(b"\x08 \x08")
            elif c in (10, 13):
                write(b"\n")
                source += bytes(line).decode()
                line = bytearray()
                if not unfinished(source):
                    return source + "\n"
                source += "\n"
                write(b"... ")
            elif c >= 32:
                line.append(c)
                write(bytes([c]))

    def _paste_mode(self):
        write(b"\npaste mode; Ctrl-C to cancel, Ctrl-D to finish\n=== ")
        source = bytearray()
        while True:
            c = read()
            if c == 3:
                write(b"\n")
                return ""
            if c == 4:
                write(b"\n")
                self.execute(bytes(source), "<stdin>", "exec")
                return ""
            source.append(10 if c == 13 else c)
            write(b"\n=== " if c == 13 else bytes([c]))
