"""Text on the screen: four lines, each 16 pixels high."""


def show(oled, lines):
    """Show lines of text, long ones on several rows. Returns the screen, None if it has failed."""
    try:
        narrow = getattr(oled, "DispChar", None)
        write = narrow or oled.text
        oled.fill(0)
        rows = []
        for line in lines:
            rows += _wrap(line, 21 if narrow else 16)
        for i, row in enumerate(rows[:4]):
            write(row, 0, 16 * i)
        oled.show()
        return oled
    except Exception as e:
        print("mpctl: screen: %s" % e)


def _wrap(line, width):
    # The rows of a line; width is in Latin characters, and a Chinese character is three wide.
    rows, row, room = [], "", width
    for c in line:
        needs = 1 if c < "\u0250" else 3
        if needs > room:
            rows.append(row)
            row, room = "", width
        row += c
        room -= needs
    return rows + [row]
