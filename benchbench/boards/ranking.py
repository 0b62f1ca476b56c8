"""Rows in their order, with what is known of how sure each number is."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from ..contracts.model import BASELINE, IDEAL
from ..results.record import MetricFacts
from .comparisons import compare, rank_ranges
from .compute import rising
from .estimates import Array, Estimate, estimate
from .rows import EQUIVALENT, GAIN, HIGH, LOW, RANK, RECOVERED, TrainingScores, tracks


def ranked(rows: pd.DataFrame, scores: TrainingScores, first: str, facts: MetricFacts) -> pd.DataFrame:
    """Put rows in order, the best first, and add what is known of how sure each number is.

    Args:
        rows: Names, roles and means, as `rows_of` gives them.
        scores: The scores of each image after each training.
        first: The column that ranks; rows that lack it come last.
        facts: Of the metric behind it.

    Returns:
        The rows with ranks (unless a model's trainings vary by nobody knows how much), intervals of all columns of
        scores, gain and recovered.
    """
    means = estimate(scores.values, scores.model, scores.trained, scores.persons)
    ranking = means.column(scores.columns.index(first))
    found = _scales(rows, ranking, first, 1 if facts.higher_is_better else -1) | _intervals(means, scores.columns)
    parts = _ranks_apart(rows, ranking, first, facts), rows, pd.DataFrame(found, index=rows.index)
    whole = pd.concat(parts, axis=1)
    order = [first, "model"]
    return whole.sort_values(order, ascending=[not facts.higher_is_better, True], ignore_index=True)


def _intervals(means: Estimate, columns: list[str]) -> dict[str, Array]:
    low, high = means.interval()
    return {c + end: b[:, i] for i, c in enumerate(columns) for end, b in ((LOW, low), (HIGH, high))}


def _scales(rows: pd.DataFrame, scores: Estimate, first: str, sign: int) -> dict[str, Array]:
    """Gain over the baseline, which is better above 0, and the part of the way to the ideal, with paired intervals."""
    base, ideal = (np.flatnonzero(rows["role"] == role)[:1] for role in (BASELINE, IDEAL))
    if not len(base) or not math.isfinite(rows[first].iloc[base[0]]):
        return {}
    gain = scores.minus(scores.rows(base)).signed(sign)
    found = _named(GAIN, gain)
    if len(ideal) and math.isfinite(way := gain.value[ideal[0], 0]) and way != 0:
        found |= _named(RECOVERED, gain.over(gain.rows(ideal)))
    return found


def _named(name: str, found: Estimate) -> dict[str, Array]:
    low, high = found.interval()
    return {name: found.value[:, 0], name + LOW: low[:, 0], name + HIGH: high[:, 0]}


def _ranks_apart(rows: pd.DataFrame, scores: Estimate, first: str, facts: MetricFacts) -> pd.DataFrame:
    """Rank each track by itself, so that what was trained elsewhere changes no rank of what was trained here."""
    found = [_ranks(rows.iloc[some], scores.rows(some), first, facts) for some in tracks(rows["role"])]
    shared = [column for column in found[0] if all(column in part for part in found)]
    return pd.concat([part[shared] for part in found])


def _ranks(rows: pd.DataFrame, scores: Estimate, first: str, facts: MetricFacts) -> pd.DataFrame:
    """Rank by the mean, range of ranks, and the names of the models that are equivalent, of each row."""
    known = np.flatnonzero(rows[first].notna())
    pairs, names = compare(scores.rows(known)), rows["model"].to_numpy()[known]
    within = pairs.equivalent(facts.relevant) if facts.relevant else np.zeros_like(pairs.higher)
    alike = ["; ".join(names[row]) for row in within]
    found = pd.DataFrame({EQUIVALENT: alike}, rows.index[known])
    if not pairs.complete:
        return found.reindex(rows.index, fill_value="")
    better = pairs.higher if facts.higher_is_better else pairs.higher.T
    low, high = rank_ranges(better & ~rising(rows, facts).to_numpy()[known])  # nobody is better than what still rises
    by_mean = rows[first].iloc[known].rank(method="min", ascending=not facts.higher_is_better).astype(int)
    found = pd.DataFrame({RANK: by_mean, RANK + LOW: low, RANK + HIGH: high}).join(found)
    last = {RANK: len(known) + 1, RANK + LOW: len(known) + 1, RANK + HIGH: len(rows), EQUIVALENT: ""}
    return pd.concat([found, pd.DataFrame(last, rows.index.difference(found.index))])
