"""Where a model would stand at ten times the compute: a power law with an offset, through the rungs of its curve.

The score after C FLOPs is taken to be a − b·C^(−c) (Hestness et al. 2017, arXiv 1712.00409), and this law to be wrong
by MISFIT of the distance from the last rung, before it and after: so the warm-up, far below, counts little, and a far
forecast is vague. Given c, that is linear least squares; over c it is averaged by Bayes' rule. What is forecast is the
board's own number: of the same trainings, on the same test images.
`docs/how-to/trust.md` says how often intervals hold.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from ..contracts.rungs import rungs_up_to
from .estimates import LEVEL, Array, Estimate

TIMES = 10  # the board's compute
FEWEST = 3  # rungs that a forecast needs
MISFIT = 0.2
"""How far the law is off, as a share of a score's distance from that of the last rung."""
SLOWING = 1 / 3
"""The least chance that a curve slows down, as power laws do, for there to be a forecast."""
ROUNDS = 3  # of fitting: the first takes distances as measured, the others as fitted
USUAL, SPREAD = 0.5, 0.8
"""Of |c| before any curve is seen: its median, and the standard deviation of its logarithm."""
DIGITS = 6  # of a root, as against how far it may lie off: machines find the last ones each in its own way

_SIZES = np.geomspace(0.02, 5, 40)
_EXPONENTS = np.concatenate([-_SIZES, _SIZES])  # where negative, the curve speeds up
_PRIOR = np.tile(-(np.log(_SIZES / USUAL) ** 2) / (2 * SPREAD**2), 2)


@dataclass(frozen=True)
class Forecast:
    """Scores that k models would have at coming rungs of the ladder, the last at ten times the board's compute.

    NaN for a model that has the rung; that has too few rungs; of which nobody knows how trainings vary; and whose curve
    rather speeds up, as in a warm-up, which no power law does.
    """

    flops: Array
    """`(p,)`, rising."""
    value: Array
    """`(k, p)`: medians."""
    low: Array
    """`(k, p)`: of 95 % intervals."""
    high: Array
    checked: int
    """How many models' last rungs were forecast from those before."""
    held: int
    """How many of these lie in their intervals."""

    def as_json(self, models: list[str]) -> dict[str, Any]:
        """The forecast as plain values, model -> one a rung, of those that have one; None for NaN."""
        told: dict[str, Any] = {"flops": self.flops.tolist(), "checked": self.checked, "held": self.held}
        parts = {"value": self.value, "low": self.low, "high": self.high}
        for name, part in parts.items():
            rows = {model: row for model, row in zip(models, part.tolist(), strict=True) if row[-1] == row[-1]}
            told[name] = {model: [None if v != v else v for v in row] for model, row in rows.items()}
        return told


def forecast(scores: Estimate, flops: Array, rung: float) -> Forecast:
    """Forecast scores `(k, r)` at the rungs `(r,)` beyond `rung`, up to ten times as far, and check it on the last.

    >>> from .estimates import estimate
    >>> flops = np.array([1e11, 2e11, 5e11, 1e12])
    >>> curve = 25 - 3 * (flops / 1e11) ** -0.5
    >>> trainings = curve + np.array([[-0.01], [0.01]])
    >>> found = forecast(
    ...     estimate(trainings[:, None].repeat(9, 1), np.array([0, 0]), np.array([True]), np.arange(9)), flops, 1e12
    ... )
    >>> found.flops[-1], bool(found.low[0, -1] < 25 - 3 * 100**-0.5 < found.high[0, -1])
    (np.float64(10000000000000.0), True)
    """
    ahead = np.array([at for at in rungs_up_to(TIMES * rung) if at > rung])
    found = np.full((3, len(scores.value), len(ahead)), np.nan)
    for row, curve in enumerate(_curves(scores, flops)):
        if (law := curve.law()) is not None:
            new = ahead > curve.flops[-1]
            found[:, row, new] = np.array([law.at(to) for to in ahead[new]]).reshape(-1, 3).T
    held = list(_holds(scores, flops))
    return Forecast(ahead, found[0], found[1], found[2], len(held), sum(held))


def _holds(scores: Estimate, flops: Array) -> Iterator[bool]:
    """Yield, for each model whose last rung can be forecast from those before, whether it lies in the interval."""
    for curve in _curves(scores, flops):
        if (law := curve.before_last().law()) is not None:
            low, high = law.at(curve.flops[-1])[1:]
            yield bool(low <= curve.scores[-1] <= high)


def _curves(scores: Estimate, flops: Array) -> Iterator[Curve]:
    for value, seeds, freedom in zip(scores.value, scores.seeds, scores.freedom, strict=True):
        known = ~np.isnan(value)
        yield Curve(flops[known], value[known], seeds[known], freedom[known])


@dataclass(frozen=True)
class Curve:
    """The scores of a model at its rungs, `(r,)` each."""

    flops: Array
    scores: Array
    noise: Array
    """Variances between trainings; 0 where nothing is trained, NaN where unknown."""
    freedom: Array
    """Degrees of freedom of these."""

    def before_last(self) -> Curve:
        """The curve without its last rung."""
        return Curve(self.flops[:-1], self.scores[:-1], self.noise[:-1], self.freedom[:-1])

    def law(self) -> Law | None:
        """Fit the law; None where it has too few rungs, where the noise is unknown, or where none fits."""
        if len(self.flops) < FEWEST or not (self.noise > 0).all():
            return None
        try:
            with np.errstate(over="raise", invalid="raise", divide="raise"):
                return self._law()
        except (FloatingPointError, np.linalg.LinAlgError):  # scores too large for their squares
            return None

    def _law(self) -> Law | None:
        way = _way(self.flops / self.flops[-1], _EXPONENTS)
        lines = np.stack([np.ones_like(way), way], axis=-1)
        distance = np.broadcast_to(self.scores - self.scores[-1], way.shape)
        for _ in range(ROUNDS):
            weight = 1 / (self.noise + (MISFIT * distance) ** 2)
            covariance = np.linalg.inv(np.swapaxes(lines, 1, 2) @ (weight[..., None] * lines)).astype(np.float64)
            fitted = (covariance @ (np.swapaxes(lines, 1, 2) @ (weight * self.scores)[..., None]))[..., 0]
            distance = way * fitted[:, 1:]
        misses = self.scores - (lines @ fitted[..., None])[..., 0]
        chance = _PRIOR + (np.log(weight) - weight * misses**2).sum(1) / 2 + np.log(np.linalg.det(covariance)) / 2
        chance = np.exp(chance - chance.max())
        slows = _EXPONENTS > 0
        if chance[slows].sum() < SLOWING * chance.sum():
            return None
        share = chance[slows] / chance[slows].sum()
        return Law(self, _EXPONENTS[slows], share, fitted[slows], covariance[slows])


@dataclass(frozen=True)
class Law:
    """What may be the law of a curve: for each of e exponents a straight line over the way from the last rung."""

    curve: Curve
    exponents: Array
    share: Array
    """`(e,)`: how likely each exponent is."""
    fitted: Array
    """`(e, 2)`: level and slope at the last rung."""
    covariance: Array
    """`(e, 2, 2)`."""

    def at(self, flops: float) -> tuple[float, float, float]:
        """Give the median of the score there, and the bounds of its 95 % interval."""
        way = _way(np.array([flops / self.curve.flops[-1]]), self.exponents)
        terms = np.hstack([np.ones_like(way), way])
        middle = (terms * self.fitted).sum(1)
        unsure = np.einsum("ep,epq,eq->e", terms, self.covariance, terms) + self.curve.noise[-1]
        error = np.sqrt(unsure + (MISFIT * (middle - self.curve.scores[-1])) ** 2)
        median, low, high = (self._quantile(middle, error, q) for q in (0.5, (1 - LEVEL) / 2, (1 + LEVEL) / 2))
        return median, low, high

    def _quantile(self, middle: Array, error: Array, of: float) -> float:
        """Of Student distributions, mixed by the shares."""
        freedom = self.curve.freedom[-1]
        each = middle + error * special.stdtrit(freedom, of)
        between = each.min() - error.max(), each.max() + error.max()

        def beyond(score: float) -> float:
            return float((self.share * special.stdtr(freedom, (score - middle) / error)).sum() - of)

        decimals = DIGITS - math.floor(math.log10(between[1] - between[0]))
        return round(float(optimize.brentq(beyond, *between, xtol=10.0 ** -(decimals + 3))), decimals)


def _way(flops: Array, exponents: Array) -> NDArray[np.float64]:
    """How far a curve of slope 1 at 1 goes from there to these FLOPs, `(e, r)`."""
    return -np.expm1(-exponents[:, None] * np.log(flops)) / exponents[:, None]
