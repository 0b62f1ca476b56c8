"""Mean scores, and how far other test images and other trainings would move them.

Scores are of a model, after one training, on one image. The images are a sample, of persons whose images go together,
and so are the trainings. The variances of the two are estimated apart, by moments, and added, with degrees of freedom
after Satterthwaite 1946 (doi:10.2307/3002019). `docs/how-to/trust.md` has how often equal models are called different.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

from .moderated import moderated

Array = NDArray[np.float64]

LEVEL = 0.95
LEVEL_TEXT = f"{100 * LEVEL:g} %"
DECIMALS = 10
"""Of bounds: files are compared byte for byte, and machines add in other orders."""


@dataclass(frozen=True)
class Estimate:
    """Numbers of k models in c columns, and what they depend on. Subtract and divide them with their dependence."""

    value: Array
    """`(k, c)`; NaN where there is none."""
    influence: Array
    """`(k, g, c)`: how far each of the g clusters of images moved the value."""
    clusters: Array
    """`(k, c)`: how many clusters have a score."""
    seeds: Array
    """`(k, c)`: variance of the value between trainings; 0 where nothing is trained, NaN where unknown."""
    doubt: Array
    """`(k, c)`: standard error of `seeds`. Models share what is known of it, so of a sum it is the sum of theirs."""

    @property
    def freedom(self) -> Array:
        """`(k, c)`: degrees of freedom of `seeds`; infinite where `seeds` is 0, NaN where unknown."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.doubt == 0, np.inf, 2 * (self.seeds / self.doubt) ** 2)

    def rows(self, rows: NDArray[np.intp]) -> Estimate:
        """Take some rows, perhaps several times."""
        return Estimate(*(part[rows] for part in self._parts))

    def columns(self, some: NDArray[np.intp]) -> Estimate:
        """Take some columns."""
        return Estimate(*(part[..., some] for part in self._parts))

    @property
    def _parts(self) -> tuple[Array, Array, Array, Array, Array]:
        return self.value, self.influence, self.clusters, self.seeds, self.doubt

    def column(self, position: int) -> Estimate:
        """Take one column."""
        return self.columns(np.array([position]))

    def signed(self, sign: int) -> Estimate:
        """Multiply by 1, or by -1 where lower is better, so that higher is."""
        return self if sign == 1 else replace(self, value=-self.value + 0.0, influence=-self.influence)

    def minus(self, other: Estimate) -> Estimate:
        """Subtract the values of other models, one for each row, or one for all."""
        with np.errstate(invalid="ignore"):
            value = self.value - other.value
        return replace(
            self,
            value=value,
            influence=self.influence - other.influence,
            clusters=np.minimum(self.clusters, other.clusters),
            seeds=self.seeds + other.seeds,
            doubt=self.doubt + other.doubt,
        )

    def over(self, other: Estimate) -> Estimate:
        """Divide by the values of other models, to first order in what moves both (the delta method)."""
        with np.errstate(invalid="ignore", divide="ignore"):
            share = self.value / other.value
            influence = (self.influence - share[:, None] * other.influence) / other.value[:, None]
            seeds = (self.seeds + share**2 * other.seeds) / other.value**2
            doubt = (self.doubt + share**2 * other.doubt) / other.value**2
        return replace(self, value=share, influence=influence, seeds=seeds, doubt=doubt)

    def spread(self) -> tuple[Array, Array]:
        """Standard errors and degrees of freedom, `(k, c)`; NaN where a variance is unknown or there is one cluster."""
        with np.errstate(invalid="ignore", divide="ignore"):
            images = (self.influence**2).sum(1) * self.clusters / (self.clusters - 1)
            total = images + self.seeds
            unsure = images**2 / (self.clusters - 1) + self.doubt**2 / 2
            freedom = np.where(unsure > 0, total**2 / unsure, self.clusters - 1)
        return np.sqrt(np.where(self.clusters > 1, total, np.nan)), freedom

    def interval(self) -> tuple[Array, Array]:
        """Lower and upper bounds `(k, c)` of 95 % intervals; of the images alone where nothing is known of seeds."""
        error, freedom = replace(self, seeds=np.nan_to_num(self.seeds), doubt=np.nan_to_num(self.doubt)).spread()
        with np.errstate(invalid="ignore"):
            half = error * special.stdtrit(freedom, (1 + LEVEL) / 2)
            return np.round(self.value - half, DECIMALS), np.round(self.value + half, DECIMALS)

    def chance(self) -> Array:
        """Two-sided p-values `(k, c)` that the value is 0; NaN where unknown.

        p is never below the chance that as many coins as there are clusters fall alike: five images tell nothing.
        """
        error, freedom = self.spread()
        with np.errstate(invalid="ignore", divide="ignore"):
            t = np.abs(self.value) / error
        p = np.where(self.value == 0, np.where(np.isnan(error), np.nan, 1.0), 2 * special.stdtr(freedom, -t))
        return np.maximum(p, np.minimum(1.0, 2 * 0.5**self.clusters))


def estimate(scores: Array, model: NDArray[np.intp], trained: NDArray[np.bool_], persons: NDArray[np.intp]) -> Estimate:
    """Average scores over images and trainings.

    Each training counts alike, and in it each image that has a score. The variance between the trainings of a model is
    its own, drawn towards those of the board's other models (`moderated`).

    Args:
        scores: `(trainings, images, columns)`; NaN is missing. Models that need no training have one row each.
        model: `(trainings,)`: the model of each, 0 to k - 1, each at least once.
        trained: `(k,)`: whether other trainings would give other scores.
        persons: `(images,)`: equal numbers for images of one person, or for others that go together.
    """
    return _over_trainings(*_trainings(scores, persons), model, trained)


def estimate_sets(
    scores: Array, errors: Array, clusters: Array, model: NDArray[np.intp], trained: NDArray[np.bool_]
) -> Estimate:
    """Average scores of whole sets of images over trainings.

    All trainings restore the same images, whose luck they share: a mean has the error of one of them.

    Args:
        scores: `(trainings, columns)`; NaN is missing.
        errors: `(trainings, columns)`: standard errors of the scores, as other images would move them.
        clusters: `(trainings, columns)`: how many images, or persons, each was worked out from.
        model: As of `estimate`.
        trained: As of `estimate`.
    """
    return _over_trainings(scores, errors[:, None], clusters, model, trained)


def _over_trainings(
    means: Array, influence: Array, clusters: Array, model: NDArray[np.intp], trained: NDArray[np.bool_]
) -> Estimate:
    """Average means `(t, c)` of trainings, and what moves them `(t, g, c)`, by model; see `estimate`."""
    order = np.argsort(model, kind="stable")
    starts = np.searchsorted(model[order], np.arange(len(trained)))
    count = np.bincount(model, minlength=len(trained)).astype(float)[:, None]
    value = np.add.reduceat(means[order], starts) / count
    squares = np.add.reduceat(((means - value[model]) ** 2)[order], starts)
    seeds, doubt = _between(squares, count, trained)
    return Estimate(
        value,
        np.add.reduceat(influence[order], starts) / count[:, None],
        np.minimum.reduceat(clusters[order], starts),
        seeds,
        doubt,
    )


def _trainings(scores: Array, persons: NDArray[np.intp]) -> tuple[Array, Array, Array]:
    """Means `(t, c)` over images, how far each cluster moves them `(t, g, c)`, and how many have a score `(t, c)`."""
    known = ~np.isnan(scores)
    with np.errstate(invalid="ignore", divide="ignore"):
        n = known.sum(1)
        means = np.where(known, scores, 0.0).sum(1) / n
        moved = np.where(known, scores - means[:, None], 0.0) / n[:, None]
    _, cluster = np.unique(persons, return_inverse=True)
    if len(persons) == (groups := cluster.max(initial=-1) + 1):
        return means, moved, n.astype(float)
    order = np.argsort(cluster, kind="stable")
    starts = np.searchsorted(cluster[order], np.arange(groups))
    counted = np.add.reduceat(known[:, order], starts, axis=1) > 0
    return means, np.add.reduceat(moved[:, order], starts, axis=1), counted.sum(1).astype(float)


def _between(squares: Array, count: Array, trained: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Variances `(k, c)` of models' means between trainings, and their standard errors.

    From the sums of squares `(k, c)` around each model's mean, of `count` trainings `(k, 1)`.
    """
    usable = trained[:, None] & np.isfinite(squares)
    variance, freedom = moderated(squares, np.where(usable, count - 1, 0.0))
    seeds = np.where(trained[:, None], variance / count, 0.0)
    return seeds, doubt_of(seeds, freedom)


def doubt_of(variance: Array, freedom: Array) -> Array:
    """Standard errors of estimated variances of so many degrees of freedom; 0 where the variance is."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(variance == 0, 0.0, variance * np.sqrt(2 / freedom))
