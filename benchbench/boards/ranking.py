"""Rows in their order, with what is known of how sure each number is."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .statistics import Array, mean_intervals, rank_ranges, ratio_intervals, shared_ranks, significantly_higher, typical


def ranked(
    rows: pd.DataFrame, scores: Array, columns: Sequence[str], first: str, higher: bool, seed: int
) -> pd.DataFrame:
    """The rows best first, with ranks by `first`, intervals of all `columns`, and the scales of gain and recovered.

    `scores` are `(rows, images, columns)`. Rows stand in the order of `typical`, and share ranks by `shared_ranks`;
    those that lack `first` come last.
    """
    whole = scores[:, :, list(columns).index(first)]
    known = rows[first].notna().to_numpy()
    places = _places(rows["model"], whole if higher else -whole, known)
    more = _scales(rows, whole, first, seed) | _intervals(scores, columns, seed)
    if np.isinf(rows[first]).any():
        more[f"{first}.median"] = np.where(known, typical(whole), math.nan)
    found = pd.DataFrame(more, index=rows.index)
    return pd.concat([places, rows, found], axis=1, join="inner").loc[places.index].reset_index(drop=True)


def _intervals(scores: Array, columns: Sequence[str], seed: int) -> dict[str, Array]:
    models, images, _ = scores.shape
    flat = scores.transpose(1, 0, 2).reshape(images, -1)
    low, high = (bound.reshape(models, -1) for bound in mean_intervals(flat, seed))
    return {f"{c}.{name}": b[:, i] for i, c in enumerate(columns) for name, b in (("low", low), ("high", high))}


def _scales(rows: pd.DataFrame, scores: Array, first: str, seed: int) -> dict[str, pd.Series | Array]:
    """Gain over the baseline, and the part of the way from it to the ideal, each with its paired interval."""
    base, ideal = (next(iter(np.flatnonzero(rows["role"] == role)), None) for role in ("baseline", "ideal"))
    if base is None or not math.isfinite(rows[first].iloc[base]):
        return {}
    gains = scores - scores[base]
    low, high = mean_intervals(gains.T, seed)
    found = {"gain": rows[first] - rows[first].iloc[base], "gain.low": low, "gain.high": high}
    if ideal is None or not math.isfinite(way := found["gain"].iloc[ideal]) or way == 0:
        return found
    low, high = ratio_intervals(gains.T, np.broadcast_to(gains[ideal][:, None], gains.T.shape), seed)
    return found | {"recovered": found["gain"] / way, "recovered.low": low, "recovered.high": high}


def _places(models: pd.Series, scores: Array, known: NDArray[np.bool_]) -> pd.DataFrame:
    """Rank and range of ranks of each row, whose `scores` are `(rows, images)` with more being better; in their order.

    Rows that are not `known` come last.
    """
    level, higher = typical(scores[known]), significantly_higher(scores[known])
    low, high = rank_ranges(higher)
    found = pd.DataFrame(
        {"rank": shared_ranks(level, higher), "rank.low": low, "rank.high": high}, np.flatnonzero(known)
    )
    last = {"rank": len(found) + 1, "rank.low": len(found) + 1, "rank.high": len(models)}
    order = np.lexsort((models[known], -level))
    unknown = np.flatnonzero(~known)
    return pd.concat([found.iloc[order], pd.DataFrame(last, unknown)])
