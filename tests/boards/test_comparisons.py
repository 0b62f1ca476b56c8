"""Pairs of models, and ranks: by their error rates on simulated boards, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from benchbench.boards.comparisons import Comparison, compare, rank_ranges
from benchbench.boards.estimates import estimate


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


Deviation = float | tuple[float, float]


def board(
    source: np.random.Generator, models: int, seeds: int, images: int, between: Deviation = 0.1, gap: float = 0.0
) -> Comparison:
    """A board of models that are equal but for `gap` dB, which those of odd number are ahead.

    Images are of unlike difficulty, for all and for each model; trainings differ by `between` dB in the mean, or by
    another deviation of that range for each model, and on each image.
    """
    low, high = between if isinstance(between, tuple) else (between, between)
    deviations = np.exp(source.uniform(np.log(low), np.log(high), (models, 1, 1)))
    scores = source.normal(25, 2, images) + source.normal(0, 0.5, (models, 1, images))
    scores = scores + source.normal(0, 0.3, (models, seeds, images))
    scores = scores + deviations * source.normal(size=(models, seeds, 1))
    scores += gap * (np.arange(models) % 2)[:, None, None]
    model = np.repeat(np.arange(models), seeds)
    flat = scores.reshape(models * seeds, images, 1)
    return compare(estimate(flat, model, np.ones(models, bool), np.arange(images)))


def pairs(found: np.ndarray) -> np.ndarray:
    return found[np.triu_indices(len(found), 1)]


@pytest.mark.parametrize(
    ("models", "seeds", "images", "between"),
    [
        (3, 2, 100, 0.03),
        (3, 3, 100, 0.2),
        (3, 4, 400, 0.1),
        (8, 2, 100, 0.2),
        (8, 3, 400, 0.03),
        (20, 3, 100, 0.1),
        (8, 3, 100, (0.02, 6.0)),
        (20, 3, 100, (0.02, 6.0)),
    ],
)
def test_equal_models_are_called_different_in_at_most_one_pair_and_on_one_board_in_twenty(
    models: int, seeds: int, images: int, between: Deviation
) -> None:
    """With variance of images, of trainings, and of the two together; the lower end of Wilson's interval is held."""
    source, boards = rng(models * seeds), 300 if models < 20 else 60
    found = [board(source, models, seeds, images, between) for _ in range(boards)]
    alarms = [pairs(b.p <= 0.05).sum() for b in found]
    single = [pairs((b.low > 0) | (b.high < 0)).sum() for b in found]
    count = models * (models - 1) // 2 * boards
    for wrong, of in ((sum(alarms), count), (sum(single), count), (np.count_nonzero(alarms), boards)):
        assert stats.binomtest(int(wrong), of).proportion_ci(0.99, "wilson").low <= 0.05


def test_a_difference_is_found_and_the_equal_ones_beside_it_are_not() -> None:
    source = rng(1)
    for _ in range(50):
        found = board(source, 6, 3, 200, 0.03, gap=0.5).higher
        real = (np.arange(6)[:, None] % 2 == 1) & (np.arange(6) % 2 == 0)
        assert found[real].all()
        assert found[~real].sum() <= 1


def test_models_that_break_do_not_hide_the_difference_of_those_that_do_not() -> None:
    """Of eight, two are 2 dB apart and vary by 0.05 dB, and six vary by up to 6 dB."""
    source, found = rng(4), 0
    deviations = np.array([0.05, 0.05, 0.5, 0.5, 1.0, 2.0, 4.0, 6.0])[:, None, None]
    for _ in range(40):
        scores = source.normal(25, 2, 100) + source.normal(0, 0.5, (8, 1, 100)) + source.normal(0, 0.3, (8, 3, 100))
        scores = scores + deviations * source.normal(size=(8, 3, 1))
        scores[0] += 2
        flat = scores.reshape(24, 100, 1)
        found += compare(estimate(flat, np.repeat(np.arange(8), 3), np.ones(8, bool), np.arange(100))).higher[0, 1]
    assert found > 20


def test_images_alone_would_call_trainings_of_one_model_different() -> None:
    """The same scores, as if each training were a model that needs none."""
    source, alarms = rng(2), 0
    for _ in range(50):
        scores = source.normal(25, 2, 400) + source.normal(0, 0.3, (2, 400)) + source.normal(0, 0.1, (2, 1))
        alarms += compare(estimate(scores[:, :, None], np.arange(2), np.zeros(2, bool), np.arange(400))).higher.any()
    assert alarms > 25


def test_without_any_model_trained_twice_only_what_needs_no_training_is_compared() -> None:
    scores = rng().normal(20, 1, (4, 50, 1)) + 5.0 * np.arange(4)[:, None, None]
    found = compare(estimate(scores, np.arange(4), np.array([True, False, False, True]), np.arange(50)))
    assert not found.complete
    assert np.argwhere(found.higher).tolist() == [[2, 1]]
    assert np.argwhere(~np.isnan(found.p)).tolist() == [[1, 2], [2, 1]]
    assert not found.equivalent(100.0)[0].any()


def test_models_are_equivalent_where_no_relevant_difference_is_left() -> None:
    images = rng().normal(20, 2, 400)
    near = images + rng(1).normal(0.02, 0.3, 400)
    scores = np.stack([images, near, images + 1, images])[:, :, None]
    found = compare(estimate(scores, np.arange(4), np.zeros(4, bool), np.arange(400)))
    assert np.argwhere(found.equivalent(0.1)).tolist() == [[0, 1], [0, 3], [1, 0], [1, 3], [3, 0], [3, 1]]
    assert np.argwhere(found.equivalent(0.001)).tolist() == [[0, 3], [3, 0]]


def test_both_halves_of_the_matrices_tell_the_same() -> None:
    found = board(rng(3), 5, 3, 60, gap=0.3)
    off = ~np.eye(5, dtype=bool)
    assert np.array_equal(found.difference[off], -found.difference.T[off])
    assert np.array_equal(found.low[off], -found.high.T[off])
    assert np.array_equal(found.p[off], found.p.T[off])
    assert not (found.higher & found.higher.T).any()


def test_the_range_of_ranks_counts_who_is_proven_better_and_worse() -> None:
    higher = np.array([[0, 0, 1], [0, 0, 0], [0, 0, 0]], bool)
    low, high = rank_ranges(higher)
    assert (low.tolist(), high.tolist()) == ([1, 1, 2], [2, 3, 3])


@given(st.integers(1, 7).flatmap(lambda k: arrays.arrays(bool, (k, k))))
def test_ranges_hold_the_rank_by_the_means(matrix: np.ndarray) -> None:
    """Whatever is proven, if nothing is proven against the order of the means."""
    low, high = rank_ranges(np.triu(matrix, 1))
    own = np.arange(1, len(matrix) + 1)
    assert ((low <= own) & (own <= high)).all()
