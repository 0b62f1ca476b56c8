"""Intervals, tests and ranks, against SciPy and by their error rates on simulated boards."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from benchbench.boards import statistics
from benchbench.boards.statistics import (
    RESAMPLES,
    UNITS,
    holm,
    mean_intervals,
    rank_ranges,
    ratio_intervals,
    shared_ranks,
    signed_rank,
    significantly_higher,
    typical,
)

SCORES = st.floats(-100, 100, width=32)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def equal_models(models: int, images: int, source: np.random.Generator) -> np.ndarray:
    """A board of copies of one model: images of unlike difficulty, and noise of each copy's own."""
    return source.normal(25, 3, images) + source.standard_t(4, (models, images))


# ── intervals ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_intervals_are_scipys_bca_but_for_the_draw() -> None:
    scores = rng().gamma(2, size=(79, 6))
    low, high = mean_intervals(scores, seed=1)
    for column in range(6):
        found = stats.bootstrap((scores[:, column],), np.mean, n_resamples=20_000, method="BCa", rng=2)
        width = found.confidence_interval.high - found.confidence_interval.low
        assert [low[column], high[column]] == pytest.approx(list(found.confidence_interval), abs=width * 0.05)


@pytest.mark.parametrize(("images", "least"), [(40, 0.90), (200, 0.93)])
def test_intervals_hold_the_truth_as_often_as_they_say(images: int, least: float) -> None:
    """Of skewed scores; with few images a little less often, as for every bootstrap."""
    found = [mean_intervals(rng(seed).gamma(2, size=(images, 100)), seed) for seed in range(10)]
    share = np.mean([(low <= 2) & (high >= 2) for low, high in found])
    assert least <= share <= 0.97


def test_more_images_than_are_drawn_singly_give_the_interval_of_the_normal_distribution() -> None:
    scores = rng().normal(size=(20 * UNITS + 7, 8))
    low, high = mean_intervals(scores, seed=1)
    half = 1.96 / math.sqrt(len(scores))
    assert (high - low) / 2 == pytest.approx(half, rel=0.1)
    assert (high + low) / 2 == pytest.approx(scores.mean(0), abs=half * 0.1)


@given(arrays.arrays(float, (7, 3), elements=SCORES), st.integers(0, 2**64))
def test_the_order_of_summing_does_not_change_a_bound(scores: np.ndarray, seed: int) -> None:
    """Other BLAS libraries add in another order; bounds are part of files that are compared byte for byte."""
    wide = np.repeat(scores, 37, axis=1)  # other blocks and vectors for the same columns
    once, again = mean_intervals(scores, seed), mean_intervals(wide, seed)
    for bound, other in zip(once, again, strict=True):
        assert np.array_equal(np.repeat(bound, 37), other)


@given(arrays.arrays(float, (9, 2), elements=SCORES))
def test_a_mean_lies_within_the_scores_and_its_bounds_too(scores: np.ndarray) -> None:
    low, high = mean_intervals(scores, seed=3)
    slack = 1e-6
    assert (low <= high).all()
    assert (scores.min(0) - slack <= low).all()
    assert (high <= scores.max(0) + slack).all()


def test_missing_scores_are_left_out_and_infinite_ones_have_no_interval() -> None:
    some = rng().normal(size=50)
    padded = np.concatenate([some, np.full(50, np.nan)])
    low, high = mean_intervals(np.stack([padded, np.full(100, np.nan), np.full(100, np.inf)], 1), seed=1)
    alone = mean_intervals(some[:, None], seed=1)
    assert (high - low)[0] == pytest.approx((alone[1] - alone[0])[0], rel=0.2)
    assert np.isnan([low[1:], high[1:]]).all()
    assert np.isnan(mean_intervals(np.ones((1, 1)), seed=1)).all()


def test_a_ratio_of_sums_is_scipys_paired_bootstrap() -> None:
    way = rng().gamma(5, size=60)
    part = way * rng(1).uniform(0.2, 0.6, 60)
    [low], [high] = ratio_intervals(part[:, None], way[:, None], seed=1)

    def share(one: np.ndarray, other: np.ndarray, axis: int) -> np.ndarray:
        return one.sum(axis) / other.sum(axis)

    expected = stats.bootstrap((part, way), share, paired=True, n_resamples=20_000, method="BCa", rng=2)
    width = expected.confidence_interval.high - expected.confidence_interval.low
    assert [low, high] == pytest.approx(list(expected.confidence_interval), abs=width * 0.05)
    assert ratio_intervals(-part[:, None], -way[:, None], seed=1) == (low, high)  # errors, where less is better


def test_the_seed_decides() -> None:
    scores = rng().normal(size=(30, 1))
    assert mean_intervals(scores, 1) == mean_intervals(scores, 1)
    assert mean_intervals(scores, 1) != mean_intervals(scores, 2)
    assert RESAMPLES >= 1000


# ── paired tests ─────────────────────────────────────────────────────────────────────────────────────────────────────


@given(arrays.arrays(float, (3, 30), elements=st.integers(-6, 6).map(float) | SCORES))
def test_signed_ranks_are_scipys(scores: np.ndarray) -> None:
    _, p = signed_rank(scores, np.zeros_like(scores))
    for row, found in zip(scores, p, strict=True):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of zeros only
            expected = stats.wilcoxon(row, zero_method="pratt", correction=True, method="asymptotic").pvalue
        least = 2 * 0.5 ** np.count_nonzero(row)  # all signs alike
        assert found == pytest.approx(1.0 if np.isnan(expected) else max(expected, least), rel=1e-9)


def test_infinities_and_missing_scores_count_as_stated() -> None:
    finite = np.arange(20.0)[None]
    perfect = np.where(finite < 15, np.inf, finite)
    assert signed_rank(perfect, finite)[0] > 0
    assert signed_rank(finite, perfect)[0] < 0
    assert signed_rank(perfect, perfect) == (0, 1)
    assert signed_rank(np.where(finite < 19, np.nan, 99.0), finite)[1] > 0.05


def test_holms_correction_is_that_of_the_paper() -> None:
    """Worked by hand: the smallest times 4, the next times 3, and never below the one before."""
    assert holm(np.array([0.01, 0.04, 0.03, 0.005])) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm(np.array([0.9, 0.8])) == pytest.approx([1, 1])


@pytest.mark.parametrize(("models", "images", "boards"), [(2, 79, 2000), (3, 30, 1500), (6, 200, 600), (12, 79, 200)])
def test_equal_models_are_called_different_on_at_most_one_board_in_twenty(
    models: int, images: int, boards: int
) -> None:
    source = rng(models)
    alarms = sum(significantly_higher(equal_models(models, images, source)).any() for _ in range(boards))
    assert alarms <= 0.05 * boards


def test_a_difference_is_found_and_the_equal_ones_beside_it_are_not() -> None:
    source = rng(1)
    found = np.zeros((3, 3))
    for _ in range(1000):
        found += significantly_higher(equal_models(3, 79, source) + np.array([[2.0], [0], [0]]))
    assert (found[0, 1:] >= 990).all()
    assert found[1:].sum() <= stats.binom.ppf(0.99, 1000, 0.05)


def test_many_wins_by_little_do_not_outrank_a_higher_mean() -> None:
    """The signed ranks and the means disagree, so nothing is claimed."""
    often = np.where(np.arange(100) < 80, 1.0, -30.0) + rng().normal(0, 0.01, 100)
    assert signed_rank(often[None], np.zeros((1, 100)))[1] < 0.05
    assert not significantly_higher(np.stack([often, np.zeros(100)])).any()


def test_one_perfect_image_does_not_decide() -> None:
    lucky, good = rng(0).normal(20, 1, 60), rng(1).normal(30, 1, 60)
    lucky[0] = np.inf
    assert typical(np.stack([lucky, good])).argmax() == 1
    assert significantly_higher(np.stack([lucky, good])).tolist() == [[False, False], [True, False]]
    assert typical(np.stack([good, good + 1])) == pytest.approx([good.mean(), good.mean() + 1])


def test_five_images_tell_nothing() -> None:
    """Five heads in a row come one time in sixteen."""
    assert not significantly_higher(np.array([[1.0] * 5, [9.0] * 5])).any()


# ── ranks ────────────────────────────────────────────────────────────────────────────────────────────────────────────

MATRICES = st.integers(1, 7).flatmap(lambda k: arrays.arrays(bool, (k, k)))


def test_rows_share_the_rank_of_the_first_they_cannot_be_told_from() -> None:
    level = np.array([1.0, 4.0, 3.0, 2.0])
    higher = np.zeros((4, 4), bool)
    higher[1, 3] = higher[1, 0] = True  # the best beats the third and the last; nothing else is known
    assert shared_ranks(level, higher).tolist() == [3, 1, 1, 3]


@given(MATRICES)
def test_ranks_follow_the_level_and_only_a_proven_difference_lowers_them(matrix: np.ndarray) -> None:
    level = -np.arange(len(matrix), dtype=float)
    higher = np.triu(matrix, 1)
    ranks = shared_ranks(level, higher)
    assert ranks[0] == 1
    for row in range(1, len(ranks)):
        first = int(np.flatnonzero(ranks == ranks[row])[0])
        assert ranks[row] == first + 1 >= ranks[row - 1]
        assert first == row or not higher[first, row]
        if first == row:
            assert higher[np.flatnonzero(ranks == ranks[row - 1])[0], row]


def test_without_any_difference_all_are_first_and_with_all_none_share() -> None:
    level = np.array([3.0, 1.0, 2.0])
    assert shared_ranks(level, np.zeros((3, 3), bool)).tolist() == [1, 1, 1]
    whole = level[:, None] > level[None]
    assert shared_ranks(level, whole).tolist() == [1, 3, 2]
    low, high = rank_ranges(whole)
    assert low.tolist() == high.tolist() == [1, 3, 2]


def test_the_range_of_ranks_counts_who_is_proven_better_and_worse() -> None:
    higher = np.array([[0, 0, 1], [0, 0, 0], [0, 0, 0]], bool)
    low, high = rank_ranges(higher)
    assert (low.tolist(), high.tolist()) == ([1, 1, 2], [2, 3, 3])


def test_pairs_are_tested_alike_however_many_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    scores = np.random.default_rng(0).normal(size=(9, 30)) + np.arange(9)[:, None] / 4
    at_once = significantly_higher(scores)
    monkeypatch.setattr(statistics, "CHUNK", 31)
    assert (significantly_higher(scores) == at_once).all()
    assert at_once.any()


def test_a_column_has_the_bounds_that_it_has_alone() -> None:
    """Whatever stands beside it, as a denominator that is its own by a power of two."""
    rng = np.random.default_rng(0)
    numerators, denominators = rng.normal(3, 1, (40, 150)), np.ones((40, 150)) * 2.0 ** (np.arange(150) % 3)
    low, high = ratio_intervals(numerators, denominators, 5)
    for column in (0, 1, 63, 64, 149):
        alone = ratio_intervals(numerators[:, [column]], denominators[:, [column]], 5)
        assert (low[column], high[column]) == (alone[0][0], alone[1][0])
