"""Accuracy on meta-validation tasks against minutes of training, one line a learner, as SVG."""

import math
from html import escape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 940, 480, 64, 280, 24, 48
# Okabe & Ito's colours, which people with any colour vision can tell apart.
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f", "#8c564b"]
DASHES = ["", "7 3", "2 3"]
TICKS = [50, 60, 70, 80, 90, 95, 97, 98, 99, 99.5, 99.8]


def drawing(lines):
    """`lines`: label -> [(minutes, percent)]. The ordinate is logarithmic in the error, or else all good learners lie on one another."""
    lines = {label: points for label, points in lines.items() if points}
    longest = max((x for points in lines.values() for x, _ in points), default=1)
    values = [y for points in lines.values() for _, y in points] or [90]
    lowest = max((tick for tick in TICKS if tick <= min(values)), default=TICKS[0])
    highest = min((tick for tick in TICKS if tick > max(values)), default=99.9)

    def place(x, y):
        share = math.log((100 - lowest) / (100 - min(99.9, max(lowest, y)))) / math.log((100 - lowest) / (100 - highest))
        return LEFT + x / longest * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    ends = "; ".join(f"{label} {points[-1][1]:.1f} % after {points[-1][0]:.1f} minutes" for label, points in lines.items())
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-family="sans-serif" font-size="13">',
           f"<title>Accuracy on meta-validation tasks against minutes of training</title><desc>At the end: {escape(ends)}</desc>",
           "<style>.p{fill:#fff}.t{fill:#222}.g{stroke:#ccc}"
           "@media (prefers-color-scheme:dark){.p{fill:#161616}.t{fill:#ddd}.g{stroke:#444}}</style>",
           f'<rect class="p" width="{WIDTH}" height="{HEIGHT}"/>']
    for percent in (tick for tick in TICKS if lowest <= tick <= highest):
        x, y = place(0, percent)
        out.append(f'<line class="g" x1="{x}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke-width="0.7"/>'
                   f'<text class="t" x="{x - 8}" y="{y + 4:.1f}" text-anchor="end">{percent} %</text>')
    step = next(s for s in (1, 2, 5, 10, 20, 50, 1000) if longest / s <= 9)
    for minute in range(0, int(longest) + 1, step):
        x, y = place(minute, lowest)
        out.append(f'<text class="t" x="{x:.1f}" y="{y + 20:.1f}" text-anchor="middle">{minute}</text>')
    out.append(f'<text class="t" x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">'
               "minutes of training, one thread (T-NAS: two)</text>")
    labels = []
    for number, (label, points) in enumerate(lines.items()):
        look = f'stroke="{COLOURS[number % len(COLOURS)]}" stroke-width="2" stroke-dasharray="{DASHES[number // len(COLOURS)]}"'
        path = " ".join(f"{'L' if index else 'M'}{place(*point)[0]:.1f} {place(*point)[1]:.1f}" for index, point in enumerate(points))
        out.append(f'<path d="{path}" fill="none" {look}/>')
        out += [f'<circle cx="{place(*point)[0]:.1f}" cy="{place(*point)[1]:.1f}" r="2.5" fill="{COLOURS[number % len(COLOURS)]}"/>'
                for point in points]
        labels.append((place(*points[-1])[1], f"{label}: {points[-1][1]:.1f} %", look))
    previous = -100.0
    for y, label, look in sorted(labels):
        y = max(y, previous + 17)
        previous = y
        out.append(f'<line x1="{WIDTH - RIGHT + 8}" x2="{WIDTH - RIGHT + 30}" y1="{y:.1f}" y2="{y:.1f}" {look}/>'
                   f'<text class="t" x="{WIDTH - RIGHT + 36}" y="{y + 4:.1f}">{escape(label)}</text>')
    return "\n".join(out) + "\n</svg>\n"
