"""Line charts as SVG, coloured by the style sheet, for light and dark pages alike."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from matplotlib.ticker import MaxNLocator

from ..plots import Curves

COLOURS, DASHES = 7, 4  # as many as the style sheet has
LEFT, TOP, BELOW = 70, 10, 50  # CSS pixels before the axes, and below
FEW = 3  # ticks that are enough for a logarithmic axis


@dataclass(frozen=True)
class Axis:
    """A labelled axis over finite values."""

    label: str
    low: float
    high: float
    log: bool

    @classmethod
    def over(cls, label: str, values: Sequence[float], log: bool = False) -> Axis:
        """Make the axis over these values; logarithmic if asked for and all are positive."""
        log = log and min(values) > 0
        low, high = min(values), max(values)
        if low == high:
            low, high = (low / 2, high * 2) if log else (low - 0.5, high + 0.5)
        return cls(label, low, high, log)

    def position(self, value: float) -> float:
        """Where a value lies: 0 at the low end, 1 at the high one."""
        low, high, at = (math.log10(v) if self.log else v for v in (self.low, self.high, value))
        return (at - low) / (high - low)

    def ticks(self, count: int) -> list[float]:
        """Round values within the axis; if logarithmic, powers of ten, or 1, 2 and 5 times them if these are few."""
        if self.log:
            powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
            if len(decades := self._within(float(f"1e{power}") for power in powers)) >= FEW:
                return decades[:: math.ceil(len(decades) / (count + 2))]
            if len(found := self._within(float(f"{n}e{power}") for power in powers for n in (1, 2, 5))) >= FEW:
                return found
        found = self._within(MaxNLocator(count, steps=[1, 2, 2.5, 5, 10]).tick_values(self.low, self.high))
        return found if len(found) > 1 else [self.low, self.high]

    def _within(self, values: Iterable[float]) -> list[float]:
        return [float(value) for value in values if self.low <= value <= self.high]


def line_chart(title: str, curves: Curves, size: tuple[int, int] = (720, 360)) -> Markup:
    """Draw the finite points of curves in `size` CSS pixels, with a title for screen readers; empty without points.

    What a pointer is told of the points of a line stands in its `data-points`: a line each, with tabs between what lies
    across, what up, and what else is to be said.
    """
    lines = {name: [p for p in points if all(map(math.isfinite, p))] for name, points in curves.lines.items()}
    known = [p for points in lines.values() for p in points]
    if not known:
        return Markup()
    across, up = (
        Axis.over(label, values, name in curves.log)
        for name, label, values in zip("xy", curves.labels, zip(*known, strict=True), strict=True)
    )
    plot = Plot(across, up, size[0] - LEFT - 12, size[1] - TOP - BELOW)
    drawn = [plot.line(n, curves, name, points) for n, (name, points) in enumerate(lines.items()) if points]
    svg = Markup(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}" data-across="{}" data-up="{}">{}</svg>'
    )
    return svg.format(*size, title, *curves.labels, Markup().join([plot.grid(), *plot.stops(curves.stops), *drawn]))


def style(number: int) -> str:
    """The CSS classes of the line of that number."""
    return f"c{number % COLOURS} d{number // COLOURS % DASHES}"


@dataclass(frozen=True)
class Plot:
    """The part of a chart between its axes, in CSS pixels from the upper left."""

    across: Axis
    up: Axis
    width: int
    height: int

    def x(self, value: float) -> float:
        """Where a value lies across."""
        return LEFT + self.width * self.across.position(value)

    def y(self, value: float) -> float:
        """Where a value lies, from the top."""
        return TOP + self.height * (1 - self.up.position(value))

    def line(self, number: int, curves: Curves, name: str, points: Sequence[tuple[float, float]]) -> Markup:
        """Draw the points of a line in the style of its number."""
        places = [(self.x(x), self.y(y)) for x, y in points]
        path = "M" + " ".join(f"{px:.1f},{py:.1f}" for px, py in places)
        shown = places if curves.marks or len(places) == 1 else []  # a single point has no line to be seen by
        dots = Markup().join(Markup('<circle cx="{:.1f}" cy="{:.1f}" r="3"/>').format(*place) for place in shown)
        more = dict(zip(curves.lines[name], curves.more.get(name, ()), strict=False))
        told = "\n".join("\t".join((_told(p[0]), _told(p[1]), " ".join(more.get(p, "").split()))) for p in points)
        group = '<g class="series {}" data-points="{}"><title>{}</title><path class="hit" d="{}"/><path d="{}"/>{}</g>'
        return Markup(group).format(style(number), told, name, path, path, dots)

    def stops(self, stops: Mapping[str, float]) -> list[Markup]:
        """Draw a line up from each place across that has a name; one of them is shown at a time."""
        line = Markup('<path class="stop" data-stop="{}" d="M{:.1f} {}v{}"/>')
        return [line.format(name, self.x(value), TOP, self.height) for name, value in stops.items()]

    def grid(self) -> Markup:
        """Draw horizontal lines, and the numbers and labels of both axes."""
        middle, bottom = TOP + self.height / 2, TOP + self.height
        parts = []
        for value in self.up.ticks(5):
            parts.append(Markup('<path d="M{} {:.1f}h{}"/>').format(LEFT, self.y(value), self.width))
            parts.append(_label(LEFT - 6, self.y(value) + 4, _tick(value), "end"))
        parts += [_label(self.x(v), bottom + 18, _tick(v)) for v in self.across.ticks(max(3, self.width // 110))]
        parts.append(_label(LEFT + self.width / 2, bottom + BELOW - 9, self.across.label))
        turned = Markup('<g transform="rotate(-90 17 {0})">{1}</g>').format(middle, _label(17, middle, self.up.label))
        return Markup('<g class="grid">{}</g>').format(Markup().join([*parts, turned]))


def _label(px: float, py: float, text: str, anchor: str = "middle") -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" class="{}">{}</text>').format(px, py, anchor, text)


def _told(value: float) -> str:
    return f"{value:,.4g}"


def _tick(value: float) -> str:
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e7 else f"{value:.3g}"
