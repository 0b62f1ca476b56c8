"""Score against compute: who leads at each rung, where two curves cross, how far apart they are, which still rise.

Plain functions of arrays. `scores` are of k models at r rungs, the higher the better, NaN where a model has none;
`flops` `(r,)` are those of the rungs, rising.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .comparisons import holm
from .estimates import LEVEL, Array, Estimate, doubt_of


@dataclass(frozen=True)
class Crossing:
    """Two models whose order changes with the compute."""

    before: int
    """The model, 0 to k - 1, that is better up to there."""
    after: int
    """The model that is better from there."""
    flops: float
    sure: bool
    """True if each is significantly better on its side."""


def leaders(scores: Array) -> NDArray[np.intp]:
    """Find the model with the highest score of `(k, r)` at each rung, `(r,)`; -1 where none has one."""
    known = ~np.isnan(scores)
    return np.where(known.any(0), np.where(known, scores, -np.inf).argmax(0), -1)


def significantly_higher(scores: Estimate, pairs: tuple[NDArray[np.intp], NDArray[np.intp]]) -> NDArray[np.bool_]:
    """Tell at which rungs `(r, k, k)` model i is higher than model j, of these pairs i, j.

    The chance of any false claim, of any pair at any rung, is at most 5 % (Holm's correction).
    """
    (k, r), (i, j) = scores.value.shape, pairs
    gap = scores.rows(i).minus(scores.rows(j))
    p = gap.chance()
    tested = ~np.isnan(p)
    p[tested] = holm(p[tested])
    sure, higher = p <= 1 - LEVEL, np.zeros((r, k, k), bool)
    higher[:, i, j] = (sure & (gap.value > 0)).T
    higher[:, j, i] = (sure & (gap.value < 0)).T
    return higher


def crossings(scores: Estimate, flops: Array, trained: NDArray[np.bool_]) -> list[Crossing]:
    """List where the curves of two models cross, straight over the logarithm of FLOPs between rungs that both have.

    Sure ones first, then by compute. Models that are not `trained` `(k,)` have level curves: they cross no others of
    their kind.
    """
    i, j = np.triu_indices(len(trained), 1)
    pairs = tuple(side[trained[i] | trained[j]] for side in (i, j))
    higher = significantly_higher(scores, (pairs[0], pairs[1]))
    found = [c for i, j in zip(*pairs, strict=True) for c in _crossings_of(int(i), int(j), scores.value, flops, higher)]
    return sorted(found, key=lambda c: (not c.sure, c.flops, c.before, c.after))


def _crossings_of(i: int, j: int, scores: Array, flops: Array, higher: NDArray[np.bool_]) -> Iterator[Crossing]:
    gap, log = scores[i] - scores[j], np.log(flops)
    known = np.flatnonzero(~np.isnan(gap) & (gap != 0))
    for a, b in pairwise(known):
        if gap[a] * gap[b] < 0:
            at = log[a] + (log[b] - log[a]) * gap[a] / (gap[a] - gap[b])
            before, after = (i, j) if gap[a] > 0 else (j, i)
            sure = higher[: a + 1, before, after].any() and higher[b:, after, before].any()
            yield Crossing(before, after, float(np.exp(at)), bool(sure))


def mean_gaps(scores: Estimate, flops: Array, leader: int) -> Estimate:
    """Average each model's difference to the leader along the logarithm of FLOPs, between rungs that both have.

    By the trapezoid rule, as codecs are compared along the rate (Bjøntegaard 2001, VCEG-M33). NaN where fewer than two
    rungs are shared. Trainings are taken to be above or below their mean at all rungs alike, which never makes the
    interval too short.
    """
    gap = scores.minus(scores.rows(np.array([leader])))
    known = ~np.isnan(gap.value)
    weights = np.stack([_trapezoid(row, np.log(flops)) for row in known])
    value, influence = np.where(known, gap.value, 0.0), np.where(known[:, None], gap.influence, 0.0)
    others = known & (np.arange(len(known)) != leader)[:, None]  # the leader is no other training than itself
    deviation = np.sqrt(np.where(others, gap.seeds, 0.0))
    seeds = (weights * deviation).sum(1, keepdims=True) ** 2
    least = np.where(others, gap.freedom, np.inf).min(1, keepdims=True)
    return replace(
        gap,
        value=(weights * value).sum(1, keepdims=True),
        influence=(weights[:, None] * influence).sum(2, keepdims=True),
        clusters=np.where(known, gap.clusters, np.inf).min(1, keepdims=True),
        seeds=seeds,
        doubt=doubt_of(seeds, least),
    )


def _trapezoid(known: NDArray[np.bool_], x: Array) -> Array:
    """Weights `(r,)` of known values in their mean along x; all NaN where fewer than two are known."""
    if known.sum() < 2:
        return np.full(len(x), np.nan)
    steps, weights = np.diff(x[known]), np.zeros(len(x))
    weights[known] = (np.append(steps, 0) + np.append(0, steps)) / 2 / steps.sum()
    return weights


def last_doubling(scores: Array, flops: Array, at: float) -> Array:
    """Compute how much the scores `(k, r)` rose while the compute doubled up to the rung `at`, `(k,)`.

    Straight over the logarithm between rungs. NaN for a model that has not this rung, or none at half of it or less.
    """
    rise = np.full(len(scores), np.nan)
    end = np.flatnonzero(flops == at)
    for row in np.flatnonzero(~np.isnan(scores[:, end]).all(1)) if len(end) else ():
        known = ~np.isnan(scores[row])
        half = np.interp(np.log(at / 2), np.log(flops[known]), scores[row, known], left=np.nan)
        rise[row] = scores[row, end[0]] - half
    return rise
