"""The uncertainty of scores: bootstrap intervals, paired tests, and ranks that rest on these.

Plain functions of arrays. All rows of a board are scored on the same images, so images are drawn and compared in pairs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]

LEVEL = 0.95
RESAMPLES = 2000
UNITS = 2000  # images drawn one by one; more are drawn in random groups, which at such a number changes no digit shown
BITS = 30  # of a score that count in an interval: sums are exact then, and bounds the same on every machine
CHUNK = 200_000  # paired differences ranked at once
COLUMNS = 64  # whose resamples are at hand at once: they stay in the processor's cache


# ── intervals ────────────────────────────────────────────────────────────────────────────────────────────────────────


def mean_intervals(scores: Array, seed: int) -> tuple[Array, Array]:
    """Lower and upper bounds `(k,)` of the means of scores `(n, k)`; NaN is a missing score. See `ratio_intervals`."""
    known = ~np.isnan(scores)
    return ratio_intervals(np.where(known, scores, 0.0), known.astype(float), seed)


def ratio_intervals(numerators: Array, denominators: Array, seed: int) -> tuple[Array, Array]:
    """Lower and upper bounds `(k,)` of 95 % intervals of `numerators.sum(0) / denominators.sum(0)`, both `(n, k)`.

    The bootstrap over the n rows, with bias-corrected and accelerated percentiles (BCa, Efron 1987,
    doi:10.2307/2289144): errors of images are skewed and test sets small, where plain percentiles lean to one side.
    One seed draws the same rows in every call. NaN for a column that holds an infinity or cannot be divided, and for
    fewer than two rows.
    """
    usable = np.isfinite(numerators).all(0) & np.isfinite(denominators).all(0) & (len(numerators) > 1)
    top, top_unit = _whole_numbers(np.where(usable, numerators, 0.0))
    bottom, bottom_unit = _whole_numbers(np.where(usable, denominators, 0.0))
    rounded = bottom * bottom_unit
    if (rounded == rounded[:, :1]).all():  # as where no score is missing: half of the work is one column
        bottom, bottom_unit = bottom[:, :1], bottom_unit[:1]
    top, bottom = _in_groups(top, seed), _in_groups(bottom, seed)
    drawn, bounds = _draws(len(top), seed), np.empty((top.shape[1], 2))
    for start in range(0, top.shape[1], COLUMNS):
        some = slice(start, start + COLUMNS)
        bounds[some] = _bounds(drawn, top[:, some], bottom if bottom.shape[1] == 1 else bottom[:, some])
    bounds *= (top_unit / bottom_unit)[:, None]
    bounds[~usable] = np.nan
    return bounds[:, 0], bounds[:, 1]


def _bounds(drawn: Array, top: Array, bottom: Array) -> Array:
    """Bounds `(k, 2)` of the ratios of columns, in units of theirs, from the resamples' counts `(RESAMPLES, n)`."""
    with np.errstate(invalid="ignore", divide="ignore"):
        total = bottom.sum(0)
        estimate = top.sum(0) / total
        resampled = ((drawn @ top) / (drawn @ bottom)).T.copy()  # (k, RESAMPLES)
        resampled[np.isinf(resampled)] = np.nan
        resampled.sort(axis=-1)  # NaN last
        where = _percentiles(resampled, estimate, (top - estimate * bottom) / total)
    bounds = np.take_along_axis(resampled, where, -1)
    bounds[~np.isfinite(estimate)] = np.nan
    return bounds


def _whole_numbers(values: Array) -> tuple[Array, Array]:
    """Values `(n, k)` as whole numbers of at most BITS bits, and the unit `(k,)` of each column."""
    unit = np.ldexp(1.0, np.frexp(np.abs(values).max(0, initial=0.0))[1] - BITS)
    return np.rint(values / unit), unit


def _in_groups(values: Array, seed: int) -> Array:
    """Rows of `(n, k)` added up in at most UNITS random groups."""
    n = len(values)
    if n <= UNITS:
        return values
    order = np.random.Generator(np.random.PCG64(seed)).permutation(n)
    return np.add.reduceat(values[order], np.arange(UNITS) * n // UNITS, axis=0)


def _draws(n: int, seed: int) -> Array:
    """How often each of n rows was drawn in each resample, `(RESAMPLES, n)`."""
    rows = np.random.Generator(np.random.PCG64(seed)).integers(n, size=(RESAMPLES, n))
    rows += n * np.arange(RESAMPLES)[:, None]
    return np.bincount(rows.ravel(), minlength=RESAMPLES * n).reshape(RESAMPLES, n).astype(float)


def _percentiles(resampled: Array, estimate: Array, influence: Array) -> NDArray[np.intp]:
    """Positions `(k, 2)` of the BCa bounds among the sorted resamples `(k, RESAMPLES)`."""
    count = np.maximum((~np.isnan(resampled)).sum(-1), 1)
    below = (resampled < estimate[:, None]).sum(-1) + (resampled == estimate[:, None]).sum(-1) / 2
    bias = special.ndtri(np.clip(below / count, 1 / RESAMPLES, 1 - 1 / RESAMPLES))
    skewness = np.nan_to_num((influence**3).sum(0) / (influence**2).sum(0) ** 1.5) / 6
    shifted = bias[:, None] + special.ndtri([(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    share = special.ndtr(bias[:, None] + shifted / (1 - skewness[:, None] * shifted))
    return np.clip(np.rint(share * count[:, None] - 0.5), 0, count[:, None] - 1).astype(np.intp)


# ── paired tests ─────────────────────────────────────────────────────────────────────────────────────────────────────


def signed_rank(first: Array, second: Array) -> tuple[Array, Array]:
    """Wilcoxon's signed-rank test of paired scores `(m, n)`: its sum (positive where `first` is higher) and p, `(m,)`.

    Two-sided, by the normal approximation with continuity correction and the variance that the ties leave; zeros are
    ranked and count on neither side (Pratt 1959, doi:10.1080/01621459.1959.10501526). Equal infinities, and pairs with
    a missing score, are zeros; p is 1 where all are, and never below the chance that so many coins fall alike. Else
    equal to SciPy's `wilcoxon(zero_method="pratt", correction=True, method="asymptotic")`, but fast on many pairs.
    """
    with np.errstate(invalid="ignore"):
        difference = np.nan_to_num(first - second, nan=0.0, posinf=np.inf, neginf=-np.inf)
    ordered = np.take_along_axis(difference, np.abs(difference).argsort(-1), -1)
    sign, size = np.sign(ordered), np.abs(ordered)
    ranks = np.arange(1.0, size.shape[-1] + 1)
    total, spread = sign @ ranks, np.abs(sign) @ ranks**2
    tied = (size[..., 1:] == size[..., :-1]).any(-1)
    if tied.any():  # ranking with ties takes five times as long, and half a second until it is imported
        from scipy.stats import rankdata

        ranks = rankdata(size[tied], axis=-1)
        total[tied], spread[tied] = (sign[tied] * ranks).sum(-1), (np.abs(sign[tied]) * ranks**2).sum(-1)
    with np.errstate(invalid="ignore"):
        z = np.maximum(np.abs(total) - 1, 0) / np.sqrt(spread)
    return total, np.where(spread > 0, np.maximum(2 * special.ndtr(-z), 2 * 0.5 ** np.abs(sign).sum(-1)), 1.0)


def holm(p: Array) -> Array:
    """p-values `(m,)` adjusted for m tests at once (Holm 1979, jstor:4615733): the chance of any false alarm holds."""
    order = p.argsort(kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def significantly_higher(scores: Array) -> NDArray[np.bool_]:
    """Test all pairs of k rows of scores `(k, n)`, with Holm's correction; `[i, j]` is true where row i is higher.

    The chance of any false difference in the matrix `(k, k)` is at most 5 %. The typical scores (see `typical`) must
    differ in the same direction as the signed ranks.
    """
    k, n = scores.shape
    i, j = np.triu_indices(k, 1)
    step = max(1, CHUNK // max(n, 1))
    parts = [signed_rank(scores[i[s : s + step]], scores[j[s : s + step]]) for s in range(0, len(i), step)]
    higher = np.zeros((k, k), bool)
    if not parts:
        return higher
    total, p = (np.concatenate(found) for found in zip(*parts, strict=True))
    different = holm(p) <= 1 - LEVEL
    level = typical(scores)
    higher[i, j] = different & (total > 0) & (level[i] > level[j])
    higher[j, i] = different & (total < 0) & (level[i] < level[j])
    return higher


def typical(scores: Array) -> Array:
    """Compute the means `(k,)` of rows of scores `(k, n)`, or the medians of all rows where any mean is infinite.

    A single perfectly restored image makes a mean PSNR infinite, and would decide the order alone.
    """
    with np.errstate(invalid="ignore"):
        means = np.array([np.nanmean(row) if not np.isnan(row).all() else np.nan for row in scores])
        if not np.isinf(means).any():
            return means
        return np.array([np.nanmedian(row) if not np.isnan(row).all() else np.nan for row in scores])


def shared_ranks(level: Array, higher: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Rank rows by `level` `(k,)`, the highest first; rows share the rank of the first row they do not differ from.

    The first row that is significantly worse than that one begins the next rank, which is its position. Significance
    is not transitive, so no ranks can separate exactly the pairs that differ; these never contradict the levels.
    """
    ranks = np.empty(len(level), np.int64)
    order = np.argsort(-level, kind="stable")
    first, rank = order[0], 1
    for position, row in enumerate(order, 1):
        if higher[first, row]:
            first, rank = row, position
        ranks[row] = rank
    return ranks


def rank_ranges(higher: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The best and the worst rank `(k,)` possible for each row, by how many rows are significantly better and worse.

    They hold for all rows at once with 95 % confidence (Mogstad, Romano, Shaikh & Wilhelm 2024,
    doi:10.1093/restud/rdad006).
    """
    return 1 + higher.sum(0), len(higher) - higher.sum(1)
