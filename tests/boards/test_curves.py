from __future__ import annotations

import math

import matplotlib
import numpy as np
import pytest

from benchbench.boards import curves
from benchbench.boards.drawing import figure_of, finish, own_style, png
from benchbench.boards.estimates import Array, Estimate, estimate

FLOPS = np.array([1e11, 2e11, 5e11, 1e12])
NAN = math.nan


def estimated(
    means: list[list[float]], seeds: int = 3, spread: float = 0.05, trained: list[bool] | None = None
) -> Estimate:
    """Models with these means at each rung, after several trainings, on 50 images."""
    draw = np.random.default_rng(3)
    mean, k = np.asarray(means), len(means)
    model = np.repeat(np.arange(k), seeds)
    noise = spread * (draw.normal(size=(k * seeds, 1, 1)) + draw.normal(size=(k * seeds, 50, 1)))
    images = draw.normal(size=(1, 50, 1))
    scores = mean[model][:, None] + noise + images
    return estimate(scores, model, np.ones(k, bool) if trained is None else np.array(trained), np.arange(50))


def test_the_leader_at_each_rung_is_the_highest_that_is_known() -> None:
    scores = np.array([[20.0, 21.0, 22.0, NAN], [19.0, 21.5, NAN, NAN]])
    assert curves.leaders(scores).tolist() == [0, 1, 0, -1]


def test_a_crossing_is_where_two_straight_lines_over_the_logarithm_meet() -> None:
    found = curves.crossings(estimated([[20, 20, 20, 20], [18, 19, 21, 22]], spread=1e-4), FLOPS, np.ones(2, bool))
    [crossing] = found
    assert (crossing.before, crossing.after) == (0, 1)
    assert crossing.flops == pytest.approx(math.sqrt(2e11 * 5e11), rel=1e-3)
    assert crossing.sure


def test_a_crossing_is_sure_only_if_each_is_significantly_better_on_its_side() -> None:
    [crossing] = curves.crossings(
        estimated([[20, 20, 20, 20], [18, 19, 20.1, 20.1]], spread=0.2), FLOPS, np.ones(2, bool)
    )
    assert not crossing.sure


def test_rungs_that_one_of_the_two_lacks_do_not_count() -> None:
    [crossing] = curves.crossings(
        estimated([[20, 20, 20, 20], [19, NAN, NAN, 21]], spread=1e-4), FLOPS, np.ones(2, bool)
    )
    assert crossing.flops == pytest.approx(math.sqrt(1e11 * 1e12), rel=1e-3)


def test_models_that_are_not_trained_cross_no_others_of_their_kind() -> None:
    untrained = estimated([[20, 20, 20, 20], [19, 21, 19, 21]])
    assert curves.crossings(untrained, FLOPS, np.zeros(2, bool)) == []


def test_equal_curves_are_hardly_ever_called_different_at_any_rung() -> None:
    draw, alarms = np.random.default_rng(1), 0
    model, pairs = np.repeat(np.arange(4), 3), np.triu_indices(4, 1)
    for _ in range(200):
        scores = draw.normal(size=(12, 1, 4)) + draw.normal(size=(12, 30, 1)) + draw.normal(size=(1, 30, 1))
        found = estimate(scores, model, np.ones(4, bool), np.arange(30))
        alarms += int(curves.significantly_higher(found, pairs).any())
    assert alarms <= 20


def test_the_mean_gap_is_the_area_between_two_curves_over_the_logarithm() -> None:
    log = np.log(FLOPS)
    means = [[20.0, 21.0, 22.0, 23.0], [19.0, 20.5, 21.0, 23.0]]
    found = curves.mean_gaps(estimated(means, spread=0.0), FLOPS, 0)
    expected = np.trapezoid(np.subtract(means[1], means[0]), log) / (log[-1] - log[0])
    assert found.value[:, 0] == pytest.approx([0.0, expected])


def test_the_mean_gap_is_taken_over_the_rungs_that_both_have() -> None:
    found = curves.mean_gaps(
        estimated([[20, 21, 22, 23], [NAN, 20, 21, NAN], [NAN, NAN, NAN, 20]], spread=0.0), FLOPS, 0
    )
    assert found.value[1:, 0] == pytest.approx([-1.0, NAN], nan_ok=True)


def test_the_leaders_gap_to_itself_is_sure() -> None:
    draw, model = np.random.default_rng(3), np.repeat(np.arange(2), 3)
    found = estimate(draw.normal(size=(6, 30, 4)), model, np.ones(2, bool), np.arange(30))
    low, high = curves.mean_gaps(found, FLOPS, 0).interval()
    assert (low[0, 0], high[0, 0]) == (0, 0)
    assert low[1, 0] < high[1, 0]


def test_the_mean_gap_is_as_sure_as_its_least_sure_rung() -> None:
    """Of those that both have."""
    found = estimated([[20, 21, 22, 23], [19, 20, 21, NAN]], spread=0.5)
    gap = found.minus(found.rows(np.array([0]))).freedom
    assert gap[1, 3] < gap[1, :3].min() < gap[1, :3].max()
    assert curves.mean_gaps(found, FLOPS, 0).freedom[:, 0] == pytest.approx([np.inf, gap[1, :3].min()])


def test_the_mean_gap_is_covered_by_its_interval() -> None:
    draw, covered = np.random.default_rng(2), 0
    model = np.repeat(np.arange(3), 3)
    means = np.array([[20, 21, 22, 23], [19, 20, 21, 22], [18, 19, 20, 21.0]])
    for _ in range(200):
        noise = 0.3 * draw.normal(size=(9, 1, 1)) + draw.normal(size=(9, 30, 4)) + draw.normal(size=(1, 30, 1))
        found = estimate(means[model][:, None] + noise, model, np.ones(3, bool), np.arange(30))
        low, high = curves.mean_gaps(found, FLOPS, 0).interval()
        covered += int(low[1, 0] <= -1 <= high[1, 0])
    assert covered >= 185


@pytest.mark.parametrize(
    ("row", "at", "rise"),
    [
        ([20.0, 21.0, 22.0, 23.0], 2e11, 1.0),
        ([20.0, 21.0, 22.0, 23.0], 1e12, 1.0),
        ([20.0, 21.0, NAN, 23.0], 1e12, 2 * math.log(2) / math.log(5)),
        ([20.0, 21.0, 22.0, 23.0], 1e11, NAN),
        ([20.0, 21.0, 22.0, NAN], 1e12, NAN),
        ([NAN, NAN, NAN, 23.0], 1e12, NAN),
        ([20.0, 21.0, 22.0, 23.0], 3e12, NAN),
    ],
)  # fmt: skip
def test_the_rise_in_the_last_doubling(row: list[float], at: float, rise: float) -> None:
    scores: Array = np.array([row])
    assert curves.last_doubling(scores, FLOPS, at) == pytest.approx([rise], nan_ok=True)


def test_plots_look_the_same_whatever_a_user_has_set() -> None:
    def drawn() -> bytes:
        with own_style():
            figure = figure_of(2, 1)
            finish(figure.add_subplot(), "x", "y")
            return png(figure)

    before = drawn()
    with matplotlib.rc_context({"font.size": 30, "savefig.transparent": True, "axes.facecolor": "red"}):
        assert drawn() == before
        assert matplotlib.rcParams["font.size"] == 30
