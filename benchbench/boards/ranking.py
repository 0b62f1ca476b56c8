"""The order of a board's rows, with ranks and intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .rows import BASELINE, GAIN, HIGH, IDEAL, LOW, MEDIAN, RANK, RECOVERED
from .statistics import Array, mean_intervals, rank_ranges, ratio_intervals, shared_ranks, significantly_higher, typical


def ranked(rows: pd.DataFrame, scores: Mapping[str, Array], first: str, higher: bool, seed: int) -> pd.DataFrame:
    """Put rows in order, the best first, and add ranks and intervals.

    Rows stand in the order of `typical`, and share ranks by `shared_ranks`; those that lack `first` come last.

    Args:
        rows: Names, roles and means, as `rows_of` gives them.
        scores: Column -> the scores of each image `(rows, images)`.
        first: The column that ranks.
        higher: Whether more of it is better.
        seed: Of the bootstrap.

    Returns:
        The rows with ranks, intervals of all columns of scores, medians where a mean that ranks is infinite, gain and
        recovered.
    """
    whole = scores[first]
    known = rows[first].notna().to_numpy()
    places = _places(rows["model"], whole if higher else -whole, known)
    more = _scales(rows, whole, first, seed) | _intervals(scores, seed)
    if np.isinf(rows[first]).any():
        more[first + MEDIAN] = np.where(known, typical(whole), math.nan)
    found = pd.DataFrame(more, index=rows.index)
    return pd.concat([places, rows, found], axis=1, join="inner").loc[places.index].reset_index(drop=True)


def _intervals(scores: Mapping[str, Array], seed: int) -> dict[str, Array]:
    flat = np.concatenate(list(scores.values())).T  # (images, columns × rows)
    low, high = (bound.reshape(len(scores), -1) for bound in mean_intervals(flat, seed))
    return {c + end: b[i] for i, c in enumerate(scores) for end, b in ((LOW, low), (HIGH, high))}


def _scales(rows: pd.DataFrame, scores: Array, first: str, seed: int) -> dict[str, pd.Series | Array]:
    """Gain over the baseline, and its share of the ideal's gain (recovered), each with its paired interval."""
    base, ideal = (next(iter(np.flatnonzero(rows["role"] == role)), None) for role in (BASELINE, IDEAL))
    if base is None or not math.isfinite(rows[first].iloc[base]):
        return {}
    gains = scores - scores[base]
    low, high = mean_intervals(gains.T, seed)
    gain = rows[first] - rows[first].iloc[base]
    found = {GAIN: gain, GAIN + LOW: low, GAIN + HIGH: high}
    if ideal is None or not math.isfinite(way := gain.iloc[ideal]) or way == 0:
        return found
    low, high = ratio_intervals(gains.T, np.broadcast_to(gains[ideal][:, None], gains.T.shape), seed)
    return found | {RECOVERED: gain / way, RECOVERED + LOW: low, RECOVERED + HIGH: high}


def _places(models: pd.Series, scores: Array, known: NDArray[np.bool_]) -> pd.DataFrame:
    """Rank and range of ranks per row, the best first; rows that are not `known` come last.

    `scores` are `(rows, images)`, higher is better.
    """
    level, higher = typical(scores[known]), significantly_higher(scores[known])
    low, high = rank_ranges(higher)
    found = pd.DataFrame({RANK: shared_ranks(level, higher), RANK + LOW: low, RANK + HIGH: high}, np.flatnonzero(known))
    last = {RANK: len(found) + 1, RANK + LOW: len(found) + 1, RANK + HIGH: len(models)}
    order = np.lexsort((models[known], -level))
    unknown = np.flatnonzero(~known)
    return pd.concat([found.iloc[order], pd.DataFrame(last, unknown)])
