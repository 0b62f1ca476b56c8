"""Which models differ, which are equivalent, and which ranks each may have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .estimates import LEVEL, Array, Estimate

CORRECTED = "Holm's correction"  # what `holm` does, in words


@dataclass(frozen=True)
class Comparison:
    """All pairs of k models: `[i, j]` tells of model i minus model j."""

    difference: Array
    """`(k, k)`."""
    low: Array
    high: Array
    """Bounds `(k, k)` of the 95 % interval of each difference."""
    p: Array
    """`(k, k)`: the chance of so large a difference between equal models, after Holm's correction for all pairs.

    NaN where it is unknown."""
    complete: bool
    """False where a model was trained once, and none of the board twice: it can be compared with nobody."""

    @property
    def higher(self) -> NDArray[np.bool_]:
        """Where model i is higher than model j: the chance of any false claim in the matrix is at most 5 %."""
        return (self.p <= 1 - LEVEL) & (self.difference > 0)

    def equivalent(self, relevant: float) -> NDArray[np.bool_]:
        """Where the whole interval lies within ± the smallest difference that is relevant, `(k, k)`."""
        within = (self.low >= -relevant) & (self.high <= relevant) & ~np.isnan(self.p)
        return within & ~np.eye(len(self.p), dtype=bool)


def compare(scores: Estimate) -> Comparison:
    """Compare all pairs of models by the first column of their estimate."""
    k = len(scores.value)
    i, j = np.triu_indices(k, 1)
    gap = scores.rows(i).minus(scores.rows(j))
    (low, high), p = gap.interval(), gap.chance()[:, 0]
    tested = ~np.isnan(p)
    p[tested] = holm(p[tested])
    difference, lows, highs, chances = np.full((4, k, k), np.nan)
    for matrix, upper, lower in (
        (difference, gap.value[:, 0], -gap.value[:, 0]),
        (lows, low[:, 0], -high[:, 0]),
        (highs, high[:, 0], -low[:, 0]),
        (chances, p, p),
    ):
        matrix[i, j], matrix[j, i] = upper, lower
    return Comparison(difference, lows, highs, chances, complete=not np.isnan(scores.seeds[:, 0]).any())


def holm(p: Array) -> Array:
    """p-values `(m,)` adjusted for m tests at once (Holm 1979, jstor:4615733): the chance of any false alarm holds."""
    order = p.argsort(kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def rank_ranges(higher: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The best and the worst rank `(k,)` that each row may truly have: as many are significantly better, or worse.

    They hold for all rows at once with 95 % confidence (Mogstad, Romano, Shaikh & Wilhelm 2024,
    doi:10.1093/restud/rdad006).
    """
    return 1 + higher.sum(0), len(higher) - higher.sum(1)
