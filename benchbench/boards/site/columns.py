"""A board's table as columns and cells, for a template to write as HTML."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..board import REGIONS, Board
from ..markdown.board import best_of
from ..text import arrow, number
from .entries import MAIN, names

DERIVED = ("gain", "recovered", "trainings.std")

GROUPS = {
    "main": "main scores",
    "further": "further metrics",
    "@region": "inside the degraded region",
    "@face": "inside the face",
    "cost": "cost",
}


@dataclass(frozen=True)
class Column:
    """A column of numbers."""

    key: str
    head: str
    group: str
    unit: str = ""
    higher_is_better: bool | None = None
    digits: int = 0
    arrow: str = ""
    signed: bool = False
    """Whether 0 is best."""

    @property
    def first(self) -> str:
        """The order in which a reader wants it first."""
        return "descending" if self.higher_is_better else "ascending"


@dataclass(frozen=True)
class Cell:
    """A number as people read it, as programs sort it, and whether it is the best of its column."""

    text: str
    value: float | None
    best: bool = False
    margin: str = ""
    """Its uncertainty in words."""


def columns(board: Board) -> list[Column]:
    """The columns of a board that hold anything, in the order of GROUPS."""
    return [*_scores(board), *_costs(board)]


def groups(shown: list[Column]) -> dict[str, str]:
    """The groups that these columns belong to, with their names."""
    present = {column.group for column in shown}
    return {key: words for key, words in GROUPS.items() if key in present}


def _scores(board: Board) -> Iterator[Column]:
    for suffix in REGIONS:
        for position, name in enumerate(names(board, suffix)):
            facts = board.metrics[name]
            group = suffix or ("main" if position < MAIN else "further")
            head = name.replace("_", "-") + suffix
            shown = (facts["unit"], facts["higher_is_better"], facts["digits"], arrow(facts))
            yield Column(name + suffix, head, group, *shown, bool(facts.get("signed")))
        if not suffix:
            yield from _derived(board)


def _derived(board: Board) -> Iterator[Column]:
    first = board.ranked_by
    if first and "gain" in board.rows:
        facts = board.metrics[first]
        yield Column(
            "gain", f"gain {first}", "main", facts["unit"], facts["higher_is_better"], facts["digits"], arrow(facts)
        )
    if "recovered" in board.rows:
        yield Column("recovered", "recovered", "main", "", True, 0, "↑")
    if first and "trainings.std" in board.rows and board.rows["trainings.std"].notna().any():
        facts = board.metrics[first]
        yield Column("trainings.std", "between trainings", "main", facts["unit"], False, facts["digits"], "↓")


def _costs(board: Board) -> Iterator[Column]:
    rows = board.rows
    if not len(rows):
        return
    if rows["bytes"].notna().any():
        yield Column("bytes", "bytes an image", "cost", higher_is_better=False)
    yield Column("parameters", "parameters", "cost", higher_is_better=False)
    if (rows["flops"] > 0).any():
        yield Column("flops", "training", "cost", "TFLOP", higher_is_better=False, digits=2)
        yield Column("epochs", "epochs", "cost", higher_is_better=False, digits=1)


def cells(board: Board, column: Column) -> list[Cell]:
    """What stands in a column, from the first row of the board to the last."""
    rows = [{str(k): v for k, v in row.items()} for row in board.rows.to_dict("records")]
    values = [math.nan if (v := row.get(column.key)) is None else float(v) for row in rows]
    if column.group == "cost" or column.key in DERIVED:
        return [Cell(_text(column, value), _sortable(value)) for value in values]
    size = abs if column.signed else float
    best = best_of(board.rows[column.key].map(size), board.rows["role"], bool(column.higher_is_better))
    return [
        Cell(
            number(value, column.digits),
            _sortable(value),
            row["role"] == "" and size(value) == best,
            margin(row, column) if column.key in row else "",
        )
        for row, value in zip(rows, values, strict=True)
    ]


def _text(column: Column, value: float) -> str:
    """A number that is no score."""
    if not math.isfinite(value):
        return number(value, 0)
    if column.key == "gain":
        return f"{round(value, column.digits) + 0.0:+.{column.digits}f}"
    if column.key == "recovered":
        return f"{100 * value:.0f} %"
    if column.key in ("flops", "epochs") and value == 0:
        return "–"
    return f"{value / 1e12 if column.key == 'flops' else value:,.{column.digits}f}"


def margin(row: dict[str, Any], column: Column) -> str:
    """The 95 % interval, `25.1 to 26.3`, where the board knows one; the median where the mean is infinite."""
    if math.isinf(row[column.key]) and math.isfinite(median := row.get(f"{column.key}.median", math.nan)):
        return f"median {number(median, column.digits)}"
    low, high = (row.get(f"{column.key}.{end}", math.nan) for end in ("low", "high"))
    if not (math.isfinite(low) and math.isfinite(high)):
        return ""
    return f"{number(low, column.digits)} to {number(high, column.digits)}"


def _sortable(value: float) -> float | None:
    """None for a missing value; infinities as numbers that JSON and JavaScript can hold."""
    return None if math.isnan(value) else max(-1e308, min(1e308, value))
