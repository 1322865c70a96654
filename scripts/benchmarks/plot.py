"""Draws latency against load as SVG, readable in light and dark."""

import html
import math

import report

WIDTH, HEIGHT = 960, 500
TOP, BOTTOM, LEFT, BETWEEN, RIGHT = 116, 60, 64, 56, 28
PANEL = (WIDTH - LEFT - BETWEEN - RIGHT) / 2
PERCENTILES = {"p50": "median", "p99": "99th percentile"}

STYLE = """
  svg { --paper: #ffffff; --ink: #1f2328; --soft: #59636e; --grid: #d8dee4;
        --bare: #818b98; --sqlite: #0969da; --postgres: #8250df; --axum: #bc4c00; --python: #1a7f37; }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #0d1117; --ink: #f0f6fc; --soft: #9198a1; --grid: #2a313c;
          --bare: #9198a1; --sqlite: #58a6ff; --postgres: #bc8cff; --axum: #f0883e; --python: #3fb950; }
  }
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: var(--soft); }
  .title { font-size: 19px; font-weight: 600; fill: var(--ink); }
  .panel, .name { fill: var(--ink); }
  .panel { font-weight: 600; }
  .paper { fill: var(--paper); }
  .grid { stroke: var(--grid); stroke-width: 1; }
  .curve { fill: none; stroke-width: 2.25; stroke-linejoin: round; stroke-linecap: round; }
  .dot { stroke: var(--paper); stroke-width: 1.25; }
"""


def short(value):
    """Writes 1500 as 1.5k."""
    return f"{value / 1000:g}k" if value >= 1000 else f"{value:g}"


class Scale:
    """A logarithmic scale from the values to pixels, with the ends at round numbers."""

    def __init__(self, values, begin, end):
        self.ticks = self.round_numbers(min(values), max(values))
        self.low, self.high = self.ticks[0], self.ticks[-1]
        self.begin, self.end = begin, end

    @staticmethod
    def round_numbers(low, high):
        """Returns the numbers 1, 2 and 5 times a power of ten that enclose the values."""
        powers = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
        numbers = [step * 10.0**power for power in powers for step in (1, 2, 5)]
        first = max(number for number in numbers if number <= low)
        last = min(number for number in [*numbers, 10.0 ** (powers[-1] + 1)] if number >= high)
        return [number for number in numbers if first <= number < last] + [last]

    def __call__(self, value):
        part = math.log(value / self.low) / math.log(self.high / self.low)
        return self.begin + part * (self.end - self.begin)


def text(x, y, content, kind="", anchor="start"):
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(content)}</text>'


def line(x1, y1, x2, y2):
    return f'<line class="grid" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def draw(curves):
    """Returns the SVG. `curves` has points with rate, p50 and p99 for each program."""
    points = [point for curve in curves.values() for point in curve]
    y = Scale([point[name] for point in points for name in PERCENTILES], HEIGHT - BOTTOM, TOP)
    parts = [
        f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}" rx="8"/>',
        text(24, 36, "GET /auth/me: latency against load", "title"),
        *legend(curves),
    ]
    for column, (name, label) in enumerate(PERCENTILES.items()):
        left = LEFT + column * (PANEL + BETWEEN)
        x = Scale([point["rate"] for point in points], left, left + PANEL)
        parts += [text(left, TOP - 14, f"Latency in ms, {label}", "panel"), *axes(x, y)]
        parts.append(text(left + PANEL / 2, HEIGHT - BOTTOM + 42, "requests per second", anchor="middle"))
        for key, curve in curves.items():
            parts += drawn_curve(key, [(x(point["rate"]), y(point[name])) for point in curve])
    connections = [point["connections"] for point in next(iter(curves.values()))]
    note = f"Each curve: {connections[0]} to {connections[-1]} connections, each with one request at a time."
    parts.append(text(WIDTH - RIGHT, 36, note, anchor="end"))
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" aria-label="Latency of GET /auth/me against load">\n<style>{STYLE}</style>\n{body}\n</svg>\n'
    )


def legend(curves):
    x = 24
    for key in curves:
        name = report.NAMES[key]
        yield f'<circle cx="{x + 6}" cy="60" r="5" fill="var(--{key})"/>'
        yield text(x + 18, 64.5, name, "name")
        x += 44 + 6.7 * len(name)


def axes(x, y):
    for value in y.ticks:
        if is_labelled(value, y):
            yield line(x.begin, y(value), x.end, y(value))
            yield text(x.begin - 10, y(value) + 4.5, short(value), anchor="end")
    for value in x.ticks:
        if is_labelled(value, x):
            yield line(x(value), y.begin, x(value), y.end)
            yield text(x(value), y.begin + 20, short(value), anchor="middle")


def is_labelled(value, scale):
    """Returns whether the tick has a line: on a wide scale only the powers of ten."""
    is_power = math.isclose(math.log10(value), round(math.log10(value)), abs_tol=1e-9)
    return is_power or scale.high / scale.low <= 100


def drawn_curve(key, places):
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    yield f'<polyline class="curve" points="{path}" stroke="var(--{key})"/>'
    for x, y in places:
        yield f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="var(--{key})"/>'
