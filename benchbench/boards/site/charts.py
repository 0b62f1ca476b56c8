"""Line charts as SVG that takes its colours from the page, so that they are as readable in the dark."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from matplotlib.ticker import LogLocator, MaxNLocator

COLOURS, DASHES = 7, 4  # as many as the style sheet has


@dataclass(frozen=True)
class Series:
    """A line of a chart."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Axis:
    """A labelled axis over the finite values that it has to show."""

    label: str
    low: float
    high: float
    log: bool

    @classmethod
    def over(cls, label: str, values: Sequence[float], log: bool = False) -> Axis:
        """The axis over these values, logarithmic if asked for and possible."""
        log = log and min(values) > 0
        low, high = min(values), max(values)
        if low == high:
            low, high = (low / 2, high * 2) if log else (low - 0.5, high + 0.5)
        return cls(label, low, high, log)

    def position(self, value: float) -> float:
        """Where a value lies: 0 at the low end, 1 at the high one."""
        scale: Callable[[float], float] = math.log10 if self.log else float
        return (scale(value) - scale(self.low)) / (scale(self.high) - scale(self.low))

    def ticks(self, count: int) -> list[float]:
        """Round values within the axis."""
        locators = [LogLocator(numticks=count + 2)] if self.log else []
        for locator in [*locators, MaxNLocator(count, steps=[1, 2, 2.5, 5, 10])]:
            inside = [float(v) for v in locator.tick_values(self.low, self.high) if self.low <= v <= self.high]
            if len(inside) > 1:
                return inside
        return [self.low, self.high]


def line_chart(
    title: str,
    series: Sequence[Series],
    x: str,
    y: str,
    *,
    log_x: bool = False,
    log_y: bool = False,
    width: int = 720,
    height: int = 360,
    marks: bool = False,
) -> Markup:
    """A chart of the series' finite points; empty where there are none. `marks` shows each point."""
    lines = [Series(s.name, [p for p in s.points if all(map(math.isfinite, p))]) for s in series]
    known = [p for s in lines for p in s.points]
    if not known:
        return Markup()
    across = Axis.over(x, [p[0] for p in known], log_x)
    up = Axis.over(y, [p[1] for p in known], log_y)
    left, right, top, bottom = 70, 12, 10, 42
    plot = (left, top, width - left - right, height - top - bottom)
    drawn = [_line(number, s, across, up, plot, marks) for number, s in enumerate(lines) if s.points]
    body = Markup().join([_grid(across, up, plot), *drawn])
    return Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        width, height, title, body
    )


def style(number: int) -> str:
    """The CSS classes of the series of that number."""
    return f"c{number % COLOURS} d{number // COLOURS % DASHES}"


Plot = tuple[int, int, int, int]


def _place(point: tuple[float, float], across: Axis, up: Axis, plot: Plot) -> tuple[float, float]:
    left, top, width, height = plot
    return left + width * across.position(point[0]), top + height * (1 - up.position(point[1]))


def _line(number: int, series: Series, across: Axis, up: Axis, plot: Plot, marks: bool) -> Markup:
    places = [_place(point, across, up, plot) for point in series.points]
    path = "M" + " ".join(f"{px:.1f},{py:.1f}" for px, py in places)
    shown = places if marks or len(places) == 1 else []  # a single point has no line to be seen by
    dots = Markup().join(Markup('<circle cx="{:.1f}" cy="{:.1f}" r="3"/>').format(*place) for place in shown)
    return Markup('<g class="series {}"><title>{}</title><path class="hit" d="{}"/><path d="{}"/>{}</g>').format(
        style(number), series.name, path, path, dots
    )


def _grid(across: Axis, up: Axis, plot: Plot) -> Markup:
    left, top, width, height = plot
    middle, bottom = top + height / 2, top + height
    parts = []
    for value in up.ticks(5):
        py = top + height * (1 - up.position(value))
        parts.append(Markup('<path d="M{} {:.1f}h{}"/>').format(left, py, width))
        parts.append(_label(left - 6, py + 4, _tick(value), "end"))
    values = across.ticks(max(3, width // 110))
    parts += [_label(left + width * across.position(value), bottom + 16, _tick(value)) for value in values]
    parts.append(_label(left + width / 2, bottom + 34, across.label))
    turned = Markup('<g transform="rotate(-90 12 {0})">{1}</g>').format(middle, _label(12, middle, up.label))
    return Markup('<g class="grid">{}</g>').format(Markup().join([*parts, turned]))


def _label(px: float, py: float, text: str, anchor: str = "middle") -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" class="{}">{}</text>').format(px, py, anchor, text)


def _tick(value: float) -> str:
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e7 else f"{value:.3g}"
