"""JSON for the pages' scripts: the gallery's choices, and the per-image scores of a board."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..columns import MAIN, Column
from .entries import Entry
from .pictures import Album


def gallery(entries: Sequence[Entry], albums: Mapping[str, Album]) -> list[dict[str, Any]]:
    """Each board that has pictures: its images, and its models with their strips, histograms and scores."""
    return [_board(entry, albums[entry.id]) for entry in entries if entry.id in albums]


def _board(entry: Entry, album: Album) -> dict[str, Any]:
    metrics = _compared(entry)
    return {
        "id": entry.id,
        "title": entry.board.setting.degradation,
        "league": entry.league.title,
        "size": album.size,
        "ids": album.ids,
        "metrics": [_metric(column) for column in metrics],
        "input": vars(album.input),
        "truth": vars(album.truth),
        "models": [
            {
                "name": model,
                "role": entry.row[model].role,
                **vars(strip),
                "scores": [_scores(entry, model, column, album.ids) for column in metrics],
            }
            for model, strip in album.restored.items()
        ],
    }


def _compared(entry: Entry) -> list[Column]:
    """The first columns by which of two scores one is the better."""
    return [c for c in entry.view.of("main", "further") if c.metric and not c.signed][:MAIN]


def _metric(column: Column) -> dict[str, Any]:
    return {"name": column.head, "unit": column.unit, "digits": column.digits, "higher": column.higher_is_better}


def scatter(entry: Entry, album: Album | None) -> dict[str, Any] | None:
    """The per-image scores of a board by its main metrics; None where no result stores them."""
    scored = [model for model, table in entry.scores.items() if len(table)]
    if not scored:
        return None
    ids = [str(image) for image in entry.scores[scored[0]].index]
    metrics = _compared(entry)
    strips = album.restored if album else {}
    return {
        "ids": ids,
        "size": entry.board.setting.size,
        "metrics": [_metric(column) for column in metrics],
        "sampled": album.ids if album else [],
        "input": album.input.file if album else None,
        "truth": album.truth.file if album else None,
        "models": [
            {
                "name": model,
                "role": entry.row[model].role,
                "file": strips[model].file if model in strips else None,
                "scores": [_scores(entry, model, column, ids) for column in metrics],
            }
            for model in scored
        ],
    }


def _scores(entry: Entry, model: str, column: Column, ids: Sequence[str]) -> list[float | None]:
    """Rounded scores of these images; None where there is none, or an infinite one, which no plot can hold."""
    table = entry.scores[model]
    if column.key not in table:
        return [None] * len(ids)
    values = table[column.key].reindex(ids)
    return [round(float(value), column.digits) if math.isfinite(value) else None for value in values]
