"""The CPU time of each operation as an SVG: one group of bars for an operation, one bar for a runtime."""
from html import escape

from . import rounds

COLOURS = {"floor": "#9aa5b1", "rt": "#1f77b4", "crun": "#e6a23c", "runc": "#d1495b"}
OPERATIONS = (
    ("run", "default", "run"),
    ("run, user namespace", "userns", "run"),
    ("run, 8 ranges", "userns-8", "run"),
    ("run, seccomp", "seccomp", "run"),
    ("run, 100 binds", "binds", "run"),
    ("run, as Podman", "podman", "run"),
    ("create ... delete", "default", "life"),
    ("exec", "default", "exec"),
    ("state", "default", "state"),
    ("kill", "default", "kill"),
    ("start", "default", "start"),
    ("delete", "default", "delete"),
    ("many at once, each", "default", "at once"),
)
LEFT, WIDTH, BAR, GAP, TOP = 170, 560, 11, 10, 56


def _groups(samples):
    for label, flavour, operation in OPERATIONS:
        by_name = samples.get(flavour, {}).get(operation, {})
        bars = []
        for name in COLOURS:
            measured = rounds.spread(rounds.values(by_name.get(name, []), "cpu"))
            if measured:
                bars.append((name, measured.median))
        if bars:
            yield label, bars


def _text(x, y, text, anchor="start"):
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'


def _legend(names, y):
    parts, x = [], LEFT
    for name in names:
        parts.append(f'<rect x="{x}" y="{y - 9}" width="10" height="10" fill="{COLOURS[name]}"/>')
        parts.append(_text(x + 15, y, name))
        x += 75
    return parts


def svg(samples, title):
    """None when nothing of it was measured."""
    groups = list(_groups(samples))
    if not groups:
        return None
    longest = max(milliseconds for _, bars in groups for _, milliseconds in bars)
    present = {name for _, bars in groups for name, _ in bars}
    parts = [_text(10, 20, title), *_legend([name for name in COLOURS if name in present], 40)]
    y = TOP
    for label, bars in groups:
        parts.append(_text(LEFT - 8, y + len(bars) * BAR / 2 + 4, label, "end"))
        for name, milliseconds in bars:
            length = max(1.0, milliseconds / longest * WIDTH)
            parts.append(f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR - 1}" fill="{COLOURS[name]}"/>')
            parts.append(_text(f"{LEFT + length + 5:.1f}", y + 9, f"{milliseconds:.1f}"))
            y += BAR
        y += GAP
    size = f'width="{LEFT + WIDTH + 60}" height="{y}"'
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="11">',
                      '<rect width="100%" height="100%" fill="white"/>', *parts, "</svg>", ""])
