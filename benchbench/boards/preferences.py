"""Bradley–Terry scores from votes for one of two, ties allowed, with their errors.

Model i is preferred to j with odds exp(b_i − b_j), and a tie has the odds exp(t) against the geometric mean of both
(Davidson 1970, doi:10.1080/01621459.1970.10481082). The likelihood is that of a multinomial regression, so it has one
maximum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .estimates import LEVEL, Array

Places = NDArray[np.intp]

PRIOR = 1 / 9
"""Precision of a normal prior on b and t: it matters only where a model wins, or loses, all its votes."""
DECIMALS = 4
"""Of scores: models with the same votes tie, however a machine adds."""
LEFT, TIE, RIGHT = 0, 1, 2


@dataclass(frozen=True)
class Votes:
    """n votes between k models, each array `(n,)`."""

    left: Places
    right: Places
    answer: Places
    """LEFT, TIE or RIGHT."""
    voter: Places
    pair: Places
    """Equal where the same two pictures were shown."""

    def take(self, some: NDArray[np.bool_]) -> Votes:
        """Keep some of the votes."""
        return Votes(*(part[some] for part in vars(self).values()))


@dataclass(frozen=True)
class Strengths:
    """Bradley–Terry scores of k models; NaN for those that no chain of votes links to most others."""

    value: Array
    """`(k,)`: b, with mean 0."""
    low: Array
    high: Array
    """Bounds `(k,)` of the 95 % intervals."""


def strengths(votes: Votes, k: int) -> Strengths:
    """Fit the scores of k models to votes.

    The variance is that of independent votes, and what the votes of one person, and those on one pair of pictures, have
    in common beyond it: it is estimated by how the influences of votes add up within voters and within pairs (two-way
    clusters, Cameron, Gelbach & Miller 2011, doi:10.1198/jbes.2010.07136). Of a single voter, who knows how others
    would vote?
    """
    found = np.full((3, k), np.nan)
    linked = _linked(votes, k)
    if len(linked):
        index = np.full(k, -1)
        index[linked] = np.arange(len(linked))
        some = votes.take(index[votes.left] >= 0)
        found[:, linked] = _fit(_features(index[some.left], index[some.right], len(linked)), some)
    return Strengths(*found)


def _linked(votes: Votes, k: int) -> Places:
    """The largest set of models that votes link, of several the first; empty where nothing was compared."""
    ones = np.ones(len(votes.left))
    _, label = connected_components(coo_array((ones, (votes.left, votes.right)), (k, k)), directed=False)
    members = np.flatnonzero(label == np.bincount(label).argmax())
    return members if len(members) > 1 else members[:0]


def _features(left: Places, right: Places, k: int) -> Array:
    """What each answer adds up from b and t: `(n, 3, k + 1)`."""
    rows, found = np.arange(len(left)), np.zeros((len(left), 3, k + 1))
    found[rows, LEFT, left] = found[rows, RIGHT, right] = found[:, TIE, k] = 1
    found[rows, TIE, left] = found[rows, TIE, right] = 0.5
    return found


def _fit(features: Array, votes: Votes) -> Array:
    """Scores, lower and upper bounds `(3, k)`."""
    chosen = features[np.arange(len(features)), votes.answer]
    size = features.shape[2]
    flat = features.reshape(-1, size)

    def expected(theta: Array) -> tuple[Array, Array]:
        p = special.softmax(features @ theta, 1)[..., None]
        return p, (p * features).sum(1)

    def loss(theta: Array) -> tuple[float, Array]:
        value = special.logsumexp(features @ theta, 1).sum() - chosen.sum(0) @ theta + PRIOR / 2 * theta @ theta
        return value, (expected(theta)[1] - chosen).sum(0) + PRIOR * theta

    def curvature(theta: Array) -> Array:
        p, mean = expected(theta)
        return flat.T @ (p.reshape(-1, 1) * flat) - mean.T @ mean + PRIOR * np.eye(size)

    options = {"jac": True, "hess": curvature, "method": "trust-exact", "options": {"gtol": 1e-6}}
    theta = optimize.minimize(loss, np.zeros(size), **options).x
    k = size - 1
    centred = np.eye(k, size) - np.pad(np.full((k, k), 1 / k), ((0, 0), (0, 1)))  # b less the mean b
    spread = centred @ np.linalg.inv(curvature(theta))
    influence = (chosen - expected(theta)[1]) @ spread.T
    half = _half_width((spread * centred).sum(1), influence, (votes.voter, votes.pair))
    value = centred @ theta
    return np.round([value, value - half, value + half], DECIMALS)


def _half_width(independent: Array, influence: Array, clusters: tuple[Places, ...]) -> Array:
    """Half of the 95 % intervals `(k,)`, from the variance `(k,)` of independent votes and the influences `(n, k)`."""
    total, doubt = independent.copy(), np.zeros_like(independent)
    for cluster in clusters:
        _, number = np.unique(cluster, return_inverse=True)
        count = number.max() + 1
        if count > 1:
            sums = np.zeros((count, influence.shape[1]))
            np.add.at(sums, number, influence)
            common = np.maximum((sums**2).sum(0) * count / (count - 1) - (influence**2).sum(0), 0.0)
            total += common
            doubt += common**2 / (count - 1)
    freedom = total**2 / np.maximum(doubt, 1e-12 * total**2)
    return np.sqrt(total) * special.stdtrit(freedom, (1 + LEVEL) / 2)
