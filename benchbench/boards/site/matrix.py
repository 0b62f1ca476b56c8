"""The matrix of the front page: every model against every degradation."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from ..overall import SHARE, Overall
from ..rows import GAIN, HIGH, LOW
from ..text import interval
from .entries import Entry


def matrix(members: Sequence[Entry], together: Overall | None) -> list[dict[str, Any]]:
    """A line per model, those on the overall board first, the best first.

    Each has the model's cells, one per board (None where it has no score), and its mean share of the best gain, with
    the interval.
    """
    by_entry = [_matrix_cells(entry) for entry in members]
    ranked = {} if together is None else {row["model"]: row for row in together.rows.to_dict("records")}
    lines = []
    for model in sorted({model for cells in by_entry for model in cells}):
        row = ranked.get(model, {})
        margin = interval(100 * row[SHARE + LOW], 100 * row[SHARE + HIGH], 0) if SHARE + LOW in row else ""
        cells = [known.get(model) for known in by_entry]
        lines.append({"model": model, "cells": cells, "share": row.get(SHARE), "margin": margin})

    def order(line: dict[str, Any]) -> tuple[bool, float]:
        if (share := line["share"]) is not None:
            return False, -share
        return True, fmean(1.0 if c is None else c["position"] for c in line["cells"])

    return sorted(lines, key=order)


def _matrix_cells(entry: Entry) -> dict[str, dict[str, Any]]:
    ranking, rows = entry.view.ranking, entry.view.rows
    if ranking is None:
        return {}
    sign = 1 if ranking.higher_is_better else -1
    gains = {row.model: sign * (row.cells[GAIN].value or 0.0) for row in rows if GAIN in row.cells}
    most = max(gains.values(), default=0.0)
    return {
        row.model: {
            "score": row.cells[ranking.key],
            "gain": row.cells.get(GAIN),
            "rank": row.rank,
            "ranks": row.ranks,
            "sources": _sources(entry, row.model),
            "position": position / len(rows),
            "heat": round(max(-4.0, min(4.0, 4 * gains[row.model] / most))) if gains and most > 0 else 0,
        }
        for position, row in enumerate(rows, 1)
    }


def _sources(entry: Entry, model: str) -> str:
    """Name the results behind a cell: the first by its path."""
    first, *others = entry.sources[model]
    return first + (f" and {len(others)} more" if others else "")
