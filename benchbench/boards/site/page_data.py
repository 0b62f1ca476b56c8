"""JSON for the pages' scripts: pictures and per-image scores of models."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...contracts.model import BASELINE, COMPETES
from ..columns import MAIN
from .entries import Entry
from .pictures import Album


def gallery(entries: Sequence[Entry], albums: Mapping[str, Album]) -> list[dict[str, Any]]:
    """Each board that has pictures: its sampled images, and its models with their strips, histograms and scores."""
    return [
        {"id": entry.id, "title": entry.board.setting.degradation, "league": entry.board.setting.league.full_title}
        | _data(entry, album, album.restored, album.ids)
        for entry in entries
        if (album := albums.get(entry.id))
    ]


def scatter(entry: Entry, album: Album | None, pair: tuple[str, str] | None = None) -> dict[str, Any] | None:
    """The scores of all test images of a board; None where no result stores them.

    Of a board of codecs only theirs, as all others leave the image as it was. `pair` are the models up and across that
    are shown at first, if not the best and the degraded input.
    """
    stored = {model: result for model, result in entry.board.first_results.items() if len(result.scores)}
    scored = {m: result for m, result in stored.items() if result.record.rate or not entry.board.compression}
    if not scored:
        return None
    ids = [str(image) for image in next(iter(scored.values())).scores.index]
    shown = {"sampled": album.ids if album else []} | ({"pair": pair} if pair else {})
    return shown | _data(entry, album, scored, ids)


def _data(entry: Entry, album: Album | None, models: Iterable[str], ids: Sequence[str]) -> dict[str, Any]:
    """These models on these images: their pictures, where there are any, and their scores by the main metrics."""
    metrics = [c for c in entry.view.of("main", "further") if c.metric and not c.signed][:MAIN]
    found = []
    for model in models:
        table = entry.board.first_results[model].scores.reindex(index=ids, columns=[c.key for c in metrics])
        scores = [[round(float(v), c.digits) if math.isfinite(v) else None for v in table[c.key]] for c in metrics]
        strip = album.restored.get(model) if album else None
        role = entry.row[model].role
        facts = {"name": model, "is_input": role == BASELINE, "competes": role == COMPETES, "scores": scores}
        found.append(facts | (vars(strip) if strip else {}))
    return {
        "ids": ids,
        "size": entry.board.setting.size,
        "metrics": [
            {"name": c.head, "unit": c.unit, "digits": c.digits, "higher": c.higher_is_better} for c in metrics
        ],
        "input": vars(album.input) if album else None,
        "truth": vars(album.truth) if album else None,
        "models": found,
    }
