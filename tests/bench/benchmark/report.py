"""Tables for people, in Markdown that reads as text too."""
from . import goals, rounds


def table(heading, rows):
    """The first column to the left, the others to the right."""
    lines = [heading, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heading))]

    def text(cells):
        padded = [cells[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:])]
        return "| " + " | ".join(padded) + " |"

    rule = [":" + "-" * (widths[0] - 1)] + ["-" * (width - 1) + ":" for width in widths[1:]]
    return "\n".join([text(heading), "| " + " | ".join(rule) + " |", *map(text, rows)])


def _ratio(cell):
    if cell is None:
        return "-"
    if cell.measured is None:
        return f"<= {cell.limit:g}: -"
    low, median, high = cell.measured
    return f"<= {cell.limit:g}: {median:.2f} ({low:.2f}-{high:.2f})"


def goals_table(samples):
    rows = [[goal.label, *(_ratio(cells.get(peer)) for peer in goals.PEERS)] for goal, cells in goals.compare(samples)]
    return table(["operation", *(f"to {'the floor' if peer == 'floor' else peer}" for peer in goals.PEERS)], rows)


def _figure(samples, field):
    measured = rounds.spread(rounds.values(samples, field))
    if measured is None:
        return "failed"
    if measured.median == 0:
        return "-"
    if field == "memory":
        return f"{measured.median:.0f}"
    return f"{measured.median:.2f} ({measured.low:.2f}-{measured.high:.2f})"


def figures_table(operations):
    """operations[operation][name] of one flavour."""
    rows = [
        [operation, name, *(_figure(of_name, field) for field in ("cpu", "wall", "memory"))]
        for operation, by_name in operations.items()
        for name, of_name in by_name.items()
    ]
    return table(["operation", "of", "CPU ms", "wall ms", "KiB"], rows)


def growth_table(lines):
    """lines: (what, name, [(size, Spread)], microseconds for one more)."""
    rows = []
    for what, name, points, each in lines:
        sizes = ", ".join(f"{size}: {point.median:.2f}" if point else f"{size}: failed" for size, point in points)
        rows.append([what, name, sizes, "-" if each is None else f"{each:.2f}"])
    return table(["with", "of", "CPU ms", "us for one more"], rows)


def calls_table(lines):
    """lines: (flavour, {name: number})."""
    names = sorted({name for _, by_name in lines for name in by_name}, key=lambda name: (name != "floor", name != "rt", name))
    return table(["system calls of `run`", *names],
                 [[flavour, *(str(by_name.get(name) or "-") for name in names)] for flavour, by_name in lines])
