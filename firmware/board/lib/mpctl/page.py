"""The page at /: the tutorial's sentence, readable without JavaScript."""

HEAD = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%s</title>
<style>
body { font: 1.1em/1.5 system-ui, sans-serif; max-width: 36em; margin: 2em auto; padding: 0 1em }
td { padding: 0 1em 0 0 }
</style>
"""


def escape(text):
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def render(name, readings):
    """HTML for the readings, as dicts of the API."""
    lines = [HEAD % escape(name)]
    light = [r for r in readings if r["sensor"] == "light"]
    sentence = "Welcome to MicroPython!"
    if light:
        value = light[0]["value"]
        sentence += " Your light sensor value is: %s" % (value if value is not None else "not readable")
    lines.append("<p>%s</p>" % escape(sentence))
    lines.append("<table>")
    for r in readings:
        value = r["error"] if r["value"] is None else "%s %s" % (r["value"], r["unit"])
        lines.append("<tr><td>%s<td>%s" % (escape(r["sensor"]), escape(value)))
    lines.append("</table>")
    lines.append('<p>%s serves <a href="/api/read">/api/read</a> and <a href="/api/info">/api/info</a>' % escape(name))
    return "\n".join(lines) + "\n"
