"""Faces on a board's page: what is said under each, each model's failure, codecs at equal bytes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ...contracts.model import BASELINE
from ..columns import Column
from ..compression import Compression, Curve
from ..text import number
from .entries import Entry
from .pictures import Album, Triple

RATES = 3  # at which codecs are shown side by side
NEAR = 1.5  # times the bytes, or a part of them, at most, for a codec to stand there
FAILURES = 8  # models whose failures a board shows


@dataclass(frozen=True)
class Failure:
    """The worst image of a model of which there is a picture."""

    model: str
    image: str
    score: str
    from_worst: int
    """1 for the worst of all test images."""
    count: int
    """How many test images there are."""
    pictures: Triple


def scores_under(entry: Entry, album: Album) -> dict[str, list[str]]:
    """Model -> its score of each sampled image by the metric that ranks, as text."""
    ranking = entry.view.ranking
    if ranking is None:
        return {}
    found = {}
    for model in album.restored:
        table = entry.board.first_results[model].scores
        scores = table[ranking.key].reindex(album.ids) if ranking.key in table else [math.nan] * len(album.ids)
        found[model] = [_score_text(ranking, score) for score in scores]
    return found


def failures(entry: Entry, album: Album) -> list[Failure]:
    """Find the worst pictured image of each model, but for the degraded input; the best model first."""
    shown = (row.model for row in entry.view.rows if row.role != BASELINE)
    return [found for model in shown if (found := _failure(entry, album, model))]


def _failure(entry: Entry, album: Album, model: str) -> Failure | None:
    ranking, result = entry.view.ranking, entry.board.first_results.get(model)
    if ranking is None or result is None or ranking.key not in result.scores:
        return None
    ordered = result.scores[ranking.key].dropna().sort_values(ascending=ranking.higher_is_better, kind="stable")
    for from_worst, (image, score) in enumerate(ordered.items(), 1):
        if pictures := album.triple(model, str(image)):
            return Failure(model, str(image), _score_text(ranking, score), from_worst, len(ordered), pictures)
    return None


def _score_text(ranking: Column, score: float) -> str:
    return f"{number(float(score), ranking.digits)} {ranking.unit}".strip()


def at_equal_bytes(compression: Compression, album: Album) -> list[tuple[float, list[tuple[str, str, float]]]]:
    """Put codecs beside each other: bits a pixel -> the setting of each that comes nearest to them.

    The rates are spread evenly, on a logarithmic scale, over those that all codecs of several settings reach, or, where
    there are none, between the least and the most of any. A setting is its codec, its model and its bits a pixel; the
    best codec first. One that is far from the rate is left out, and so is a rate near which there is one codec only.
    """
    several = [c for curve in compression.curves if len(c := curve.bits) > 1 and c[0] > 0]
    if not several:
        return []
    first, last = [bits[0] for bits in several], [bits[-1] for bits in several]
    if max(first) < min(last):
        rates = np.geomspace(max(first), min(last), RATES)
    else:
        rates = np.geomspace(min(first), max(last), RATES + 2)[1:-1]
    found = [(float(rate), list(_nearest(compression, album, float(rate)))) for rate in rates]
    return [(rate, bricks) for rate, bricks in found if len(bricks) > 1]


def rivals(equal: Sequence[tuple[float, Sequence[tuple[str, str, float]]]]) -> tuple[str, str] | None:
    """Return the settings of the two best codecs at the rate of `at_equal_bytes` with most codecs; None without one."""
    if not equal:
        return None
    (_, best, _), (_, second, _), *_ = max(equal, key=lambda found: len(found[1]))[1]
    return best, second


def example(entry: Entry, album: Album) -> str | None:
    """Choose the model that a board's card shows: its leader, or the best codec at a middling setting."""
    if (leader := entry.view.leader) is not None:
        return leader.model if leader.model in album.restored else None
    curves = entry.board.compression.curves if entry.board.compression else []
    known = [model for curve in curves[:1] for model in curve.models if model in album.restored]
    return known[len(known) // 2] if known else None


def _nearest(compression: Compression, album: Album, rate: float) -> Iterator[tuple[str, str, float]]:
    def far(curve: Curve, setting: int) -> float:
        return abs(math.log(curve.bits[setting] / rate))

    for curve in compression.curves:
        known = [n for n, model in enumerate(curve.models) if model in album.restored and curve.bits[n] > 0]
        nearest = min(known, key=lambda n: far(curve, n), default=None)
        if nearest is not None and far(curve, nearest) <= math.log(NEAR):
            yield curve.codec, curve.models[nearest], curve.bits[nearest]
