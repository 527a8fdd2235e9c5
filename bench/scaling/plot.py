"""Draws a sweep as SVG, without libraries."""

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 900, 420, 50, 50, 20, 50
SERIES = [("load", "load, in servers' capacities", "#8a8f98", ""), ("knee", "knee: fewest that can carry it", "#2a7", "6 4"),
          ("required", "required, as advised", "#d33", ""), ("present", "present", "#36c", "2 3")]


class Axes:
    def __init__(self, rows):
        self.seconds = rows[-1]["at"] + 1
        self.most = max(max(row[name] for name, *_ in SERIES) for row in rows) + 1

    def x(self, at):
        return LEFT + (WIDTH - LEFT - RIGHT) * at / self.seconds

    def y(self, value):
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / self.most


def line(axes, rows, name, colour, dashes):
    points = []
    for row in rows:
        if name != "load":  # a step: the number holds for the whole second
            points.append(f"{axes.x(row['at']):.1f},{axes.y(row[name]):.1f}")
        points.append(f"{axes.x(row['at'] + 1):.1f},{axes.y(row[name]):.1f}")
    return f'<polyline fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}" points="{" ".join(points)}"/>'


def grid(axes):
    parts = []
    for value in range(int(axes.most) + 1):
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{axes.y(value):.1f}" y2="{axes.y(value):.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{axes.y(value) + 4:.1f}" text-anchor="end">{value}</text>')
    for at in range(0, axes.seconds + 1, 30):
        parts.append(f'<text x="{axes.x(at):.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{at}</text>')
    parts.append(f'<text x="{WIDTH / 2}" y="{HEIGHT - 10}" text-anchor="middle">seconds</text>')
    return parts


def legend():
    parts, x = [], LEFT
    for _, label, colour, dashes in SERIES:
        parts.append(f'<line x1="{x}" x2="{x + 24}" y1="24" y2="24" stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}"/>')
        parts.append(f'<text x="{x + 30}" y="28">{label}</text>')
        x += 46 + 7 * len(label)
    return parts


def learned(axes, rows):
    first = next((row["at"] for row in rows if row["learned"]), None)
    if first is None:
        return []
    x = axes.x(first)
    return [f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="#b80" stroke-dasharray="1 4"/>',
            f'<text x="{x + 4:.1f}" y="{TOP + 12}" fill="#b80">capacity learned</text>']


def draw(path, rows):
    axes = Axes(rows)
    lines = [line(axes, rows, name, colour, dashes) for name, _, colour, dashes in SERIES]
    path.write_text("\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>', *grid(axes), *learned(axes, rows), *lines, *legend(), "</svg>", ""]))
