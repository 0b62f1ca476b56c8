"""Means with what images, persons and trainings do to them: by hand, against SciPy, and by their coverage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from benchbench.boards.estimates import Estimate, estimate
from benchbench.boards.moderated import moderated

SCORES = st.floats(-100, 100, width=32)
ONCE = np.zeros(1, int)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def untrained(scores: np.ndarray, persons: np.ndarray | None = None) -> Estimate:
    """Of models `(k, images)` that need no training."""
    models, images = scores.shape
    together = np.arange(images) if persons is None else persons
    return estimate(scores[:, :, None], np.arange(models), np.zeros(models, bool), together)


def trained(scores: np.ndarray) -> Estimate:
    """Of models trained several times, `(k, seeds, images)`."""
    models, seeds, images = scores.shape
    flat = scores.reshape(models * seeds, images, 1)
    return estimate(flat, np.repeat(np.arange(models), seeds), np.ones(models, bool), np.arange(images))


# ── images ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_of_images_alone_the_interval_and_the_test_are_students() -> None:
    first, second = rng().normal(20, 2, (2, 30))
    found = untrained(np.stack([first, second]))
    gap = found.rows(np.array([0])).minus(found.rows(np.array([1])))
    expected = stats.ttest_rel(first, second)
    assert gap.chance()[0, 0] == pytest.approx(expected.pvalue)
    bounds = expected.confidence_interval()
    assert np.ravel(gap.interval()) == pytest.approx([bounds.low, bounds.high])
    assert np.ravel(found.interval())[0] == pytest.approx(stats.ttest_1samp(first, 0).confidence_interval().low)


@pytest.mark.parametrize(("images", "least"), [(12, 0.91), (40, 0.925), (200, 0.94)])
def test_intervals_of_skewed_scores_hold_the_truth_about_as_often_as_they_say(images: int, least: float) -> None:
    low, high = untrained(rng().gamma(2, size=(4000, images))).interval()
    assert least <= np.mean((low <= 2) & (high >= 2)) <= 0.97


def test_missing_scores_are_left_out() -> None:
    some = rng().normal(size=50)
    padded = np.concatenate([some, np.full(50, np.nan)])
    low, high = untrained(np.stack([padded, np.full(100, np.nan)])).interval()
    alone = untrained(some[None]).interval()
    assert (low[0], high[0]) == (alone[0][0], alone[1][0])
    assert np.isnan([low[1], high[1]]).all()
    assert np.isnan(untrained(np.ones((1, 1))).interval()).all()


def test_a_ratio_varies_as_under_scipys_paired_bootstrap() -> None:
    way = rng().gamma(5, size=200)
    part = way * rng(1).uniform(0.2, 0.6, 200)
    both = untrained(np.stack([part, way]))
    found = both.rows(np.array([0])).over(both.rows(np.array([1])))

    def share(one: np.ndarray, other: np.ndarray, axis: int) -> np.ndarray:
        return one.sum(axis) / other.sum(axis)

    expected = stats.bootstrap((part, way), share, paired=True, n_resamples=5000, method="BCa", rng=2)
    bounds = expected.confidence_interval
    width = bounds.high - bounds.low
    assert np.ravel(found.interval()) == pytest.approx([bounds.low, bounds.high], abs=width * 0.06)
    itself = both.over(both)
    assert np.allclose(itself.interval(), 1)


def test_five_images_tell_nothing() -> None:
    """Five heads in a row come one time in sixteen."""
    assert untrained(np.ones((1, 5))).chance()[0, 0] > 0.05
    assert untrained(np.ones((1, 6))).chance()[0, 0] < 0.05
    assert untrained(np.zeros((1, 50))).chance()[0, 0] == 1


# ── persons ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_copies_of_a_persons_image_tell_no_more_than_the_image() -> None:
    scores = rng().normal(20, 2, (2, 40))
    copies, persons = np.repeat(scores, 5, axis=1), np.repeat(np.arange(40), 5)
    assert np.allclose(untrained(copies, persons).interval(), untrained(scores).interval())
    low, high = untrained(copies).interval()  # as if they were 200 images
    once = untrained(scores).interval()
    assert ((high - low) < 0.5 * (once[1] - once[0])).all()


def test_all_images_of_one_person_tell_nothing() -> None:
    found = untrained(rng().normal(size=(1, 40)), np.zeros(40, int))
    assert np.isnan(found.interval()).all()
    assert np.isnan(found.chance()).all()


# ── trainings ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_variance_between_trainings_is_moderated_and_divided_by_their_number() -> None:
    calm, fickle = np.array([[19.0], [21]]), np.array([[28.0], [32]])
    found = trained(np.stack([calm, fickle]) + rng().normal(size=9))
    variance, freedom = moderated(np.array([[2.0], [8]]), np.ones((2, 1)))
    assert found.seeds == pytest.approx(variance / 2)
    assert found.freedom == pytest.approx(freedom)


def test_what_two_models_borrow_of_each_other_is_not_counted_twice() -> None:
    """A difference of two that vary alike has the degrees of freedom of one of them, not those of both."""
    images = rng().normal(0, 1e-6, (1, 1, 30))
    found = trained(20 + images + np.array([[[-1.0], [1]], [[-1], [1]], [[-1], [1]]]))
    gap = found.rows(np.array([0])).minus(found.rows(np.array([1])))
    assert found.freedom == pytest.approx(3)
    assert gap.freedom == pytest.approx(3)
    assert gap.spread()[1] == pytest.approx(3, rel=1e-6)
    assert found.over(found.rows(np.array([0]))).freedom == pytest.approx(3)


def test_a_single_training_has_the_variance_of_the_others_and_what_is_not_trained_none() -> None:
    images = rng().normal(20, 2, 30)
    scores = np.stack([images - 1, images + 1, images, images])[:, :, None]
    found = estimate(scores, np.array([0, 0, 1, 2]), np.array([True, True, False]), np.arange(30))
    assert found.seeds[:, 0] == pytest.approx([1, 2, 0])
    alone = estimate(scores[2:], np.array([0, 1]), np.array([True, False]), np.arange(30))
    assert np.isnan(alone.seeds[0, 0])
    assert alone.seeds[1, 0] == 0
    assert np.isnan(alone.chance()[0, 0])
    images_only = untrained(images[None]).interval()
    assert [bound[0] for bound in alone.interval()] == [bound[0] for bound in images_only]


def test_a_model_that_lacks_a_score_in_one_training_tells_the_others_nothing() -> None:
    scores = rng().normal(20, 2, (6, 30, 1))
    scores[5] = np.nan
    model = np.array([0, 0, 1, 1, 2, 2])
    found = estimate(scores, model, np.ones(3, bool), np.arange(30))
    alone = estimate(scores[:4], model[:4], np.ones(2, bool), np.arange(30))
    assert found.seeds[:2] == pytest.approx(alone.seeds)
    assert found.freedom[:2] == pytest.approx(alone.freedom)
    assert np.isnan(found.interval()[0][2])


def test_degrees_of_freedom_are_those_of_the_larger_part() -> None:
    seeds = rng().normal(0, 5, (1, 3, 1))
    _, freedom = trained(seeds + rng(1).normal(0, 1e-3, (1, 3, 400))).spread()
    assert freedom[0, 0] == pytest.approx(2, abs=1e-3)
    _, freedom = trained(seeds * 1e-6 + rng(1).normal(0, 1, 400)).spread()
    assert freedom[0, 0] == pytest.approx(399, rel=1e-3)


@given(arrays.arrays(float, (3, 2, 7), elements=SCORES), st.randoms())
def test_the_order_of_images_seeds_and_models_changes_nothing(scores: np.ndarray, shuffled: object) -> None:
    source = np.random.default_rng(shuffled.randrange(2**32))  # type: ignore[attr-defined]
    persons = np.array([0, 0, 1, 2, 3, 4, 5])
    model = np.repeat(np.arange(3), 2)
    flat = scores.reshape(6, 7, 1)
    images, rows = source.permutation(7), source.permutation(6)
    once = estimate(flat, model, np.ones(3, bool), persons)
    again = estimate(flat[rows][:, images], model[rows], np.ones(3, bool), 10 - persons[images])
    for found, expected in zip(again.interval(), once.interval(), strict=True):
        assert found == pytest.approx(expected, abs=1e-7)


def test_intervals_hold_the_truth_over_images_and_trainings() -> None:
    source, held = rng(5), 0
    for _ in range(1000):
        scores = source.normal(20, 2, 60) + source.normal(0, 0.5, (3, 1, 60)) + source.normal(0, 0.3, (3, 3, 60))
        low, high = trained(scores + source.normal(0, 0.5, (3, 3, 1))).interval()
        held += np.sum((low <= 20) & (high >= 20))
    assert 0.935 <= held / 3000 <= 0.98
