"""How much of a difference chance explains: a paired test, and the interval of a mean."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]
LEVEL = 0.95


def paired_p(first: Array, second: Array) -> float:
    """p of Wilcoxon's signed-rank test on the scores `(n,)` of the same images; 1 where all are equal."""
    with np.errstate(invalid="ignore"):
        difference = np.nan_to_num(first - second, nan=0.0, posinf=np.finfo(float).max, neginf=-np.finfo(float).max)
    if not difference.any():
        return 1.0
    return float(stats.wilcoxon(difference, zero_method="pratt", correction=True, method="asymptotic").pvalue)


def holm(p: Array) -> Array:
    """p-values `(m,)` adjusted for m tests at once (Holm 1979)."""
    order = p.argsort(kind="stable")
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1.0)
    return adjusted


def interval(scores: Array) -> tuple[float, float]:
    """The 95 % interval of the mean of scores `(n,)`, by the bias-corrected bootstrap; of equal scores, the score.

    NaN where it cannot be had: a single score, or an infinite one.
    """
    if len(scores) < 2 or not np.isfinite(scores).all():
        return np.nan, np.nan
    if np.ptp(scores) == 0:
        return float(scores[0]), float(scores[0])
    drawn = stats.bootstrap((scores,), np.mean, confidence_level=LEVEL, n_resamples=2000, rng=np.random.default_rng(0))
    return float(drawn.confidence_interval.low), float(drawn.confidence_interval.high)


def groups_p(groups: list[Array]) -> float:
    """p of the Kruskal-Wallis test that the groups `(n_i,)` come from one distribution; 1 for fewer than two groups."""
    pooled = np.concatenate(groups) if groups else np.empty(0)
    if len(groups) < 2 or len(np.unique(pooled)) < 2:
        return 1.0
    ranks = stats.rankdata(pooled)  # of ours, because infinite scores are alike and none is missing
    return float(stats.kruskal(*np.split(ranks, np.cumsum([len(g) for g in groups])[:-1])).pvalue)
