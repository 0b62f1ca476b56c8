"""The matrix of the front page: every model against every degradation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from ..overall import Overall
from . import columns
from .entries import Entry


@dataclass(frozen=True)
class Line:
    """A model in the matrix: a cell for each board, None where it has no score, and its mean rank if it has all."""

    model: str
    cells: list[dict[str, Any] | None]
    mean_rank: float | None
    margin: str


def matrix(members: Sequence[Entry], together: Overall | None) -> list[Line]:
    """A line for each model, those with a mean rank first, and the best first."""
    by_entry = [_matrix_cells(entry) for entry in members]
    ranked = {} if together is None else {row["model"]: row for row in together.rows.to_dict("records")}
    lines = []
    for model in sorted({model for cells in by_entry for model in cells}):
        row = ranked.get(model, {})
        margin = columns.margin(row, columns.Column("mean_rank", "", "", digits=1)) if row else ""
        lines.append(Line(model, [cells.get(model) for cells in by_entry], row.get("mean_rank"), margin))

    def place(line: Line) -> tuple[bool, float]:
        return line.mean_rank is None, line.mean_rank or fmean(1.0 if c is None else c["place"] for c in line.cells)

    return sorted(lines, key=place)


def _matrix_cells(entry: Entry) -> dict[str, dict[str, Any]]:
    first = entry.board.ranked_by
    if first is None:
        return {}
    shown = {column.key: columns.cells(entry.board, column) for column in columns.columns(entry.board)}
    sign = 1 if entry.board.better(first) else -1
    gains = [c.value * sign if c.value is not None else 0.0 for c in shown["gain"]] if "gain" in shown else []
    most = max([g for g in gains if abs(g) < 1e300], default=0.0)
    found: dict[str, dict[str, Any]] = {}
    for position, row in enumerate(entry.rows):
        share = gains[position] / most if gains and most > 0 else 0.0
        found[row["model"]] = {
            "score": shown[first][position],
            "gain": shown["gain"][position] if gains else None,
            "rank": row["rank"],
            "place": (position + 1) / len(entry.rows),
            "heat": round(max(-4.0, min(4.0, 4 * share))),
            "role": row["role"],
        }
    return found
