"""How much trainings of each model vary, where two or three trainings of it say little.

The variances of a board's models are taken as draws of one distribution, a scaled inverse chi-squared. Its scale and
its degrees of freedom are found from how much the logarithms of the models' own variances vary, and each variance is
drawn towards it: far where models are alike, hardly where some break and others do not (Smyth 2004,
doi:10.2202/1544-6115.1027).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]

CAUTION = 2.0  # standard errors of chance; chosen by the simulation that `docs/how-to/trust.md` tells of
NEWTON = 20  # steps; eight are enough for a value of 1000
FLOOR = 1e-7  # of the median variance: trainings that end alike to the digit have no logarithm


def moderated(squares: Array, freedom: Array) -> tuple[Array, Array]:
    """Variances `(k, c)` of single trainings, and their degrees of freedom `(k, c)`.

    A model's variance is never below its own, and the more it varies beyond the others, the less it borrows from them:
    they must not make a fickle model sure. One without an own has the mean of the others'. Degrees of freedom are never
    more than those of all models together.

    Args:
        squares: `(k, c)`: sums of squares around each model's mean.
        freedom: `(k, c)`: their degrees of freedom; 0 where a model has none to tell by.

    Returns:
        NaN and 0 in columns where no model has any.
    """
    known = freedom > 0
    total = freedom.sum(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        own = np.where(known, squares / freedom, np.nan)
        pooled = np.where(known, squares, 0.0).sum(0) / total
        scale, prior = _prior(own, pooled, freedom, known)
        drawn = (prior * scale + freedom * own) / (prior + freedom)
        borrowed = prior * np.fmin(scale / own, 1.0)
    variance = np.where(known, np.fmax(drawn, own), pooled)
    return variance, np.minimum(np.maximum(freedom + borrowed, 1.0), total)


def _prior(own: Array, pooled: Array, freedom: Array, known: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Scale and degrees of freedom `(c,)` of the distribution of variances.

    By the mean and the variance of the logarithms. These vary where models are alike, too, more or less by chance; only
    where they vary beyond both are models taken to be unlike. Degrees of freedom are at most those of all models.
    """
    models = known.sum(0)
    half = np.where(known, freedom, 1.0) / 2
    middle = np.nanmedian(np.where(known.any(0), own, 0.0), axis=0)
    logs = np.log(np.maximum(own, FLOOR * middle)) - special.digamma(half) + np.log(half)

    def mean(values: Array) -> Array:
        return np.where(known, values, 0.0).sum(0) / models

    centre, equal = mean(logs), mean(special.polygamma(1, half))
    varies = mean((logs - centre) ** 2) * models / (models - 1)
    chance = np.sqrt(2 * equal**2 / (models - 1) + mean(special.polygamma(3, half)) / models)
    beyond = varies - equal - CAUTION * chance
    unlike = beyond > 0
    prior = 2 * _inverse_trigamma(np.where(unlike, beyond, 1.0))
    scale = np.exp(centre + special.digamma(prior / 2) - np.log(prior / 2))
    most = np.where(models > 1, freedom.sum(0), 0.0)  # as many as are known; one model alone has nobody to be like
    return np.where(unlike, scale, pooled), np.where(unlike, np.minimum(prior, most), most)


def _inverse_trigamma(value: Array) -> Array:
    """By Newton's method on the reciprocal, which is nearly straight (Smyth 2004, appendix)."""
    x = 0.5 + 1 / value
    for _ in range(NEWTON):
        trigamma = special.polygamma(1, x)
        x = x + trigamma * (1 - trigamma / value) / special.polygamma(2, x)
    return x
