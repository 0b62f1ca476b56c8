"""Variances between trainings: by the distribution they are taken from, by hand, and by laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import optimize, special

from benchbench.boards.moderated import _inverse_trigamma, _prior, moderated

SQUARES = arrays.arrays(float, st.tuples(st.integers(1, 6), st.integers(1, 3)), elements=st.floats(1e-6, 1e6))


def column(*values: float) -> np.ndarray:
    return np.array(values)[:, None]


@pytest.mark.parametrize("freedom", [1, 2, 4])
@pytest.mark.parametrize("prior", [1.5, 6.0, 40.0])
def test_the_distribution_that_variances_are_drawn_from_is_found_again(freedom: int, prior: float) -> None:
    source = np.random.Generator(np.random.PCG64(0))
    true = 0.3 * prior / source.chisquare(prior, (200_000, 1))
    own = true * source.chisquare(freedom, true.shape) / freedom
    counts = np.full(own.shape, float(freedom))
    scale, found = _prior(own, own.mean(0), counts, counts > 0)
    assert scale == pytest.approx(0.3, rel=0.06)
    assert 1 / found == pytest.approx(1 / prior, abs=0.03)


def test_the_inverse_of_the_trigamma_function_is_the_root_that_scipy_finds() -> None:
    for value in (1e-4, 0.02, 0.7, 3.0, 400.0):
        expected = optimize.brentq(lambda x, v=value: special.polygamma(1, x) - v, 1e-4, 1e6, xtol=1e-14)
        assert _inverse_trigamma(np.array([value])) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize(("models", "freedom"), [(3, 1), (3, 4), (8, 2), (20, 1), (20, 4)])
def test_boards_whose_models_vary_alike_are_hardly_ever_taken_to_vary_unlike(models: int, freedom: int) -> None:
    """Two standard errors of the variance of the logarithms: one board in twenty-five, however many models it has."""
    source = np.random.Generator(np.random.PCG64(models * freedom))
    own = source.chisquare(freedom, (models, 4000)) / freedom
    counts = np.full(own.shape, float(freedom))
    scale, _ = _prior(own, own.mean(0), counts, counts > 0)
    assert 0.03 <= np.mean(scale != own.mean(0)) <= 0.055


def test_models_that_vary_no_more_unlike_than_by_chance_are_pooled() -> None:
    variance, freedom = moderated(column(3, 5, 4), column(2, 2, 2))
    assert variance[:2, 0] == pytest.approx([(6 * 2 + 3) / 8, 2.5])  # drawn to the mean 2; not below one's own
    assert freedom[0, 0] == 6  # never more than those of all together
    assert freedom[1, 0] == 6


def test_a_model_that_breaks_leaves_the_calm_ones_calm_and_has_little_more_than_its_own_to_tell_by() -> None:
    calm = [0.01, 0.02, 0.015, 0.03, 0.008, 0.02]
    variance, freedom = moderated(column(*calm, 50), column(*[2] * 7))
    assert (variance[:-1] < 0.1).all()
    assert variance[-1] == 25
    assert freedom[-1, 0] == pytest.approx(2, abs=0.01)
    assert (freedom[:-1] > 2.3).all()


@pytest.mark.parametrize("freedom", [1, 2, 4])
@pytest.mark.parametrize("models", [3, 8])
def test_the_more_a_model_varies_the_less_it_borrows(models: int, freedom: int) -> None:
    """Where its variance first says that models are unlike, too."""
    own = np.geomspace(3, 1e4, 4000)
    others = np.random.Generator(np.random.PCG64(0)).chisquare(freedom, (models - 1, 1)).repeat(len(own), 1)
    squares = np.vstack([others, freedom * own])
    assert (freedom * own >= others).all()
    _, found = moderated(squares, np.full(squares.shape, float(freedom)))
    assert (np.diff(found[-1]) <= 1e-9).all()
    assert found[-1, -1] == pytest.approx(freedom, abs=0.05)


def test_one_model_alone_has_its_own_and_one_without_an_own_the_mean_of_the_others() -> None:
    assert [part.item() for part in moderated(column(3), column(2))] == [1.5, 2]
    variance, freedom = moderated(column(2, 6, 0), column(2, 2, 0))
    assert variance[2, 0] == 2
    assert freedom[2, 0] == 4
    assert moderated(column(3, 0), column(2, 0))[1][:, 0].tolist() == [2, 1]  # of one other, nobody knows how alike
    assert moderated(column(*10.0 ** np.arange(-12, 7), 0), column(*[2] * 19, 0))[1][-1, 0] == 1  # others most unlike
    nothing = moderated(column(0, 0), column(0, 0))
    assert np.isnan(nothing[0]).all()
    assert not nothing[1].any()


def test_trainings_that_end_alike_have_no_variance_and_break_nothing() -> None:
    assert not moderated(np.zeros((3, 1)), np.full((3, 1), 2.0))[0].any()
    variance, freedom = moderated(column(0, 2, 3), column(2, 2, 2))
    assert np.isfinite(variance).all()
    assert (freedom >= 2).all()
    assert moderated(column(0, 2, 3, 2), column(2, 2, 2, 2))[0][0, 0] < 0.01  # they are calm beyond chance


@given(SQUARES, st.integers(1, 4), st.randoms())
def test_laws(squares: np.ndarray, freedom: int, shuffled: object) -> None:
    counts = np.full(squares.shape, float(freedom))
    variance, found = moderated(squares, counts)
    assert (variance >= squares / freedom * (1 - 1e-12)).all()
    assert (found >= freedom * (1 - 1e-12)).all()
    assert (found <= counts.sum(0)).all()

    order = np.random.default_rng(shuffled.randrange(2**32)).permutation(len(squares))  # type: ignore[attr-defined]
    for part, expected in zip(moderated(squares[order], counts), (variance, found), strict=True):
        assert part == pytest.approx(expected[order], rel=1e-6)
    other, same = moderated(1e4 * squares, counts)  # in another unit
    assert other == pytest.approx(1e4 * variance, rel=1e-6)
    assert same == pytest.approx(found, rel=1e-6)
