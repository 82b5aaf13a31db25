"""Text on the screen: four lines, each 16 pixels high."""


def show(oled, lines):
    """Show lines, a longer one goes on below. What is left of the screen afterwards: None where it failed."""
    try:
        narrow = getattr(oled, "DispChar", None)
        write = narrow or oled.text
        oled.fill(0)
        rows = []
        for line in lines:
            rows += _broken(line, 21 if narrow else 16)
        for i, row in enumerate(rows[:4]):
            write(row, 0, 16 * i)
        oled.show()
        return oled
    except Exception as e:
        print("mpctl: screen: %s" % e)


def _broken(line, width):
    # Rows of that many Latin characters; a Chinese one takes the room of three.
    rows, row, room = [], "", width
    for c in line:
        needs = 1 if c < "\u0250" else 3
        if needs > room:
            rows.append(row)
            row, room = "", width
        row += c
        room -= needs
    return rows + [row]
