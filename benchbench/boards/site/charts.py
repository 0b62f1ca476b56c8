"""Line charts as SVG that takes its colours from the page, so that they are as readable in the dark."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from matplotlib.ticker import LogLocator, MaxNLocator

from ..plots import Curves

COLOURS, DASHES = 7, 4  # as many as the style sheet has


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


def line_chart(title: str, curves: Curves, size: tuple[int, int] = (720, 360)) -> Markup:
    """Draw the finite points of curves; empty where there are none.

    Args:
        title: What the chart shows, for who cannot see it.
        curves: Its lines.
        size: Width and height in CSS pixels.
    """
    lines = {name: [p for p in points if all(map(math.isfinite, p))] for name, points in curves.lines.items()}
    known = [p for points in lines.values() for p in points]
    if not known:
        return Markup()
    across, up = (
        Axis.over(label, values, name in curves.log)
        for name, label, values in zip("xy", curves.labels, zip(*known, strict=True), strict=True)
    )
    plot = Plot(across, up, left=70, top=10, width=size[0] - 82, height=size[1] - 52)
    drawn = [plot.line(n, name, lines[name], curves.marks) for n, name in enumerate(lines) if lines[name]]
    body = Markup().join([plot.grid(), *drawn])
    return Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        *size, title, body
    )


def style(number: int) -> str:
    """The CSS classes of the line of that number."""
    return f"c{number % COLOURS} d{number // COLOURS % DASHES}"


@dataclass(frozen=True)
class Plot:
    """The part of a chart between its axes, in CSS pixels from the upper left."""

    across: Axis
    up: Axis
    left: int
    top: int
    width: int
    height: int

    def place(self, point: tuple[float, float]) -> tuple[float, float]:
        """Where a point lies."""
        x, y = self.across.position(point[0]), self.up.position(point[1])
        return self.left + self.width * x, self.top + self.height * (1 - y)

    def line(self, number: int, name: str, points: Sequence[tuple[float, float]], marks: bool) -> Markup:
        """A line in the style of its number."""
        places = [self.place(point) for point in points]
        path = "M" + " ".join(f"{px:.1f},{py:.1f}" for px, py in places)
        shown = places if marks or len(places) == 1 else []  # a single point has no line to be seen by
        dots = Markup().join(Markup('<circle cx="{:.1f}" cy="{:.1f}" r="3"/>').format(*place) for place in shown)
        return Markup('<g class="series {}"><title>{}</title><path class="hit" d="{}"/><path d="{}"/>{}</g>').format(
            style(number), name, path, path, dots
        )

    def grid(self) -> Markup:
        """Lines across, with what they stand for, and the axes' labels."""
        left, middle, bottom = self.left, self.top + self.height / 2, self.top + self.height
        parts = []
        for value in self.up.ticks(5):
            py = self.top + self.height * (1 - self.up.position(value))
            parts.append(Markup('<path d="M{} {:.1f}h{}"/>').format(left, py, self.width))
            parts.append(_label(left - 6, py + 4, _tick(value), "end"))
        values = self.across.ticks(max(3, self.width // 110))
        parts += [_label(left + self.width * self.across.position(v), bottom + 16, _tick(v)) for v in values]
        parts.append(_label(left + self.width / 2, bottom + 34, self.across.label))
        turned = Markup('<g transform="rotate(-90 12 {0})">{1}</g>').format(middle, _label(12, middle, self.up.label))
        return Markup('<g class="grid">{}</g>').format(Markup().join([*parts, turned]))


def _label(px: float, py: float, text: str, anchor: str = "middle") -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" class="{}">{}</text>').format(px, py, anchor, text)


def _tick(value: float) -> str:
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e7 else f"{value:.3g}"
