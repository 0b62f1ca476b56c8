"""The columns of a board and their cells: what is shown, in which unit, with how many digits, and which is best."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from ..contracts.model import BASELINE, COMPETES
from ..results.record import MetricFacts
from .board import Board
from .rows import GAIN, HIGH, LOW, RECOVERED, REGIONS, TRAININGS_STD, measured
from .sets import set_metrics
from .text import NARROW, arrow, interval, margin, number

MAIN = 4
"""Metrics of the first table. The others have a table of their own: one for all would be too wide."""
BETWEEN = "between trainings"
GROUPS = {
    "main": REGIONS[""],
    "cost": "cost",
    "set": "all test images as a set",
    **{region: words for region, words in REGIONS.items() if region},
    "further": "further metrics",
}
"""The groups of columns, in their order; a region's is the suffix of its columns."""


@dataclass(frozen=True)
class Column:
    """A column of numbers."""

    key: str
    """That of `Board.rows` where it shows one."""
    head: str
    group: str
    """A key of GROUPS; that of a region is also the suffix of its keys."""
    metric: str = ""
    """The metric whose mean scores these are; "" for anything else."""
    unit: str = ""
    arrow: str = ""
    """Which way is better."""
    digits: int = 0
    higher_is_better: bool = False
    signed: bool = False
    """True for scores with a sign, where 0 is best."""

    @property
    def quantity(self) -> str:
        """The head with its unit, for an axis."""
        return f"{self.head} [{self.unit}]" if self.unit else self.head

    @property
    def long_head(self) -> str:
        """The head where columns of several regions stand side by side."""
        return self.head + (self.group if self.group in REGIONS else "")


@dataclass(frozen=True)
class Cell:
    """A number as text, as a value to sort by, and with its uncertainty."""

    text: str
    value: float | None
    """None for a missing one."""
    best: bool = False
    """True if it shows the same digits as the best competing model, and that one is better than the degraded input."""
    margin: str = ""
    """Half the 95 % interval, `±0.39`."""
    interval: str = ""
    """The 95 % interval, `23.69 to 24.47`."""
    unit: str = ""

    @property
    def full(self) -> str:
        """The number with its margin and unit."""
        space = NARROW if self.margin.startswith("±") else " "
        return self.text + (space + self.margin if self.margin else "") + self.unit


Filled = tuple[Column, list[Cell]]
"""A column, and its cells in the order of the board's rows."""


def columns_of(board: Board) -> Iterator[Filled]:
    """Yield the columns that hold anything, in the order of GROUPS."""
    of_sets = set_metrics(board.rows, board.metrics)
    whole = [name for name in measured(board.rows, board.metrics) if name not in of_sets]
    main = first_table(board.metrics, whole)
    for name in main:
        yield _scores(board, name, "main")
    if whole:
        yield from _scales(board)
        yield from _costs(board)
    for name in of_sets:
        yield _scores(board, name, "set")
    for region in filter(None, REGIONS):
        for position, name in enumerate(measured(board.rows, board.metrics, region)):
            if position < MAIN or name not in whole:
                yield _scores(board, name, region)
    for name in whole:
        if name not in main:
            yield _scores(board, name, "further")


def first_table(metrics: Mapping[str, MetricFacts], scored: Collection[str]) -> list[str]:
    """List the metrics of the first table: the first MAIN metrics of images by which there are scores."""
    of_images = [name for name, facts in metrics.items() if name in scored and not facts.of_set]
    return sorted(of_images, key=lambda name: metrics[name].precedence(name))[:MAIN]


def best_of(rows: pd.DataFrame, values: pd.Series, higher_is_better: bool) -> float | None:
    """Find the best value of the rows that compete; None if it is no better than that of the degraded input."""
    sign = 1 if higher_is_better else -1
    competing, idle = (sign * values[rows["role"] == role].dropna() for role in (COMPETES, BASELINE))
    if competing.empty or (len(idle) and competing.max() <= idle.iloc[0]):
        return None
    return sign * float(competing.max())


def score_column(board: Board, name: str, group: str = "main") -> Column:
    """Describe the column of a metric's mean scores, of the whole image or of the region that the group names."""
    facts, key = board.metrics[name], name + (group if group in REGIONS else "")
    higher, signed = facts.higher_is_better, facts.signed
    return Column(key, name, group, name, facts.unit, arrow(facts), facts.digits, higher, signed)


def _scores(board: Board, name: str, group: str) -> Filled:
    """The scores by a metric, with margins if it gives the order or is of sets."""
    column, rows = score_column(board, name, group), board.rows
    values, digits = rows[column.key], column.digits
    sizes = values.abs() if column.signed else values
    best = best_of(rows, sizes, column.higher_is_better)
    shown = None if best is None else number(best, digits)
    bests = [role == COMPETES and number(size, digits) == shown for size, role in zip(sizes, rows["role"], strict=True)]
    cells = [Cell(number(v, digits), _sortable(v), b) for v, b in zip(values, bests, strict=True)]
    return column, with_margins(cells, rows, column) if group == "set" or name == board.ranked_by else cells


def _scales(board: Board) -> Iterator[Filled]:
    """Yield gain, recovered, and the deviation between trainings, where they are known."""
    rows, first = board.rows, board.ranked_by
    ranking = Column("", "", "main") if first is None else score_column(board, first)
    digits = ranking.digits
    if first and GAIN in rows:
        column = Column(GAIN, f"gain {first}", "main", digits=digits, higher_is_better=True)
        yield column, with_margins(plain(rows[GAIN], lambda v: gain(v, digits)), rows, column)
    if RECOVERED in rows:
        column = Column(RECOVERED, "recovered", "main", higher_is_better=True)
        percent = 100 * rows[[RECOVERED, RECOVERED + LOW, RECOVERED + HIGH]]
        values = percent[RECOVERED]
        cells = [Cell(number(v, 0), _sortable(v), unit=" %" if math.isfinite(v) else "") for v in values]
        yield column, with_margins(cells, percent, column)
    if TRAININGS_STD in rows and rows[TRAININGS_STD].notna().any():
        cells = plain(rows[TRAININGS_STD], lambda v: f"±{v:.{digits}f}" if math.isfinite(v) else "–")
        yield Column(TRAININGS_STD, BETWEEN, "main", digits=digits), cells


def gain(value: float, digits: int) -> str:
    """Write a gain with its sign, `+3.34`."""
    return f"{round(value, digits) + 0.0:+.{digits}f}" if math.isfinite(value) else number(value, digits)


def _costs(board: Board) -> Iterator[Filled]:
    """Yield what the models take: bytes, where codecs are compared; parameters; training."""
    rows = board.rows
    if board.compression:
        per_pixel = 8 / board.setting.size**2
        yield Column("bytes", "bytes an image", "cost"), plain(rows["bytes"], lambda v: number(v, 0))
        for key, head, name in (("bits", "bits a pixel", "bytes"), ("payload", "without headers", "payload")):
            yield Column(key, head, "cost", digits=3), plain(rows[name] * per_pixel, lambda v: number(v, 3))
    yield Column("parameters", "parameters", "cost"), plain(rows["parameters"], lambda v: f"{int(v):,}")
    yield Column("flops", "TFLOP", "cost", digits=2), plain(rows["flops"] / 1e12, lambda v: f"{v:.2f}" if v else "–")
    yield Column("epochs", "epochs", "cost", digits=1), plain(rows["epochs"], lambda v: f"{v:.1f}" if v else "–")


def plain(values: Iterable[float], text: Callable[[float], str]) -> list[Cell]:
    return [Cell(text(value), _sortable(value)) for value in values]


def with_margins(cells: Sequence[Cell], rows: pd.DataFrame, column: Column) -> list[Cell]:
    """Add intervals to the cells."""
    bounds, digits = zip(rows[column.key + LOW], rows[column.key + HIGH], strict=True), column.digits
    return [
        replace(cell, margin=margin(low, high, digits), interval=interval(low, high, digits))
        for cell, (low, high) in zip(cells, bounds, strict=True)
    ]


def _sortable(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
