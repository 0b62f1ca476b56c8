"""The fronts of quality against cost."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import results
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from benchbench.boards import Board, collect
from benchbench.boards.pareto import APART, front, fronts, pareto

UNTRAINED: dict[str, Any] = {"training": None, "seed": None}
SMALL = st.integers(0, 4).map(float)
PAIRS = st.integers(1, 8).flatmap(
    lambda k: st.tuples(arrays.arrays(float, k, elements=SMALL), arrays.arrays(float, k, elements=SMALL))
)


@given(PAIRS)
def test_nothing_on_the_front_is_beaten_and_everything_off_it_is(pair: tuple[np.ndarray, np.ndarray]) -> None:
    cost, quality = pair
    on = front(cost, quality)
    assert on.any()
    for i in range(len(cost)):
        beaten = any(
            cost[j] <= cost[i] and quality[j] >= quality[i] and (cost[j], quality[j]) != (cost[i], quality[i])
            for j in range(len(cost))
        )
        assert on[i] != beaten


def test_what_has_no_cost_or_no_quality_takes_no_part() -> None:
    assert front(np.array([1, np.nan, 0]), np.array([5, 9, np.nan])).tolist() == [True, False, False]
    assert front(np.array([1.0, 2.0]), np.array([np.inf, np.inf])).tolist() == [True, False]


def board(out: Path) -> Board:
    results.write(out, {"peak": 10}, model="identity", role="baseline", **UNTRAINED)
    results.write(out, {"peak": 50}, model="oracle", role="ideal", **UNTRAINED)
    for model, peak, parameters in (("small", 20, 100), ("large", 30, 9000), ("wasteful", 20, 5000)):
        results.write(out, {"peak": peak}, model=model, parameters=parameters)
    [found] = collect(out)[0]
    return found


def test_a_board_has_a_front_for_each_cost_that_differs(tmp_path: Path) -> None:
    """All were trained with the same budget, and none of them stores bytes."""
    assert fronts(board(tmp_path)) == {"parameters": ["identity", "small", "large"]}


def test_lower_is_better_where_the_metric_says_so(tmp_path: Path) -> None:
    for model, error, parameters in (("small", 0.3, 100), ("large", 0.2, 9000), ("wasteful", 0.4, 9000)):
        results.write(tmp_path, {"mean-error": error}, model=model, parameters=parameters)
    assert fronts(collect(tmp_path)[0][0]) == {"parameters": ["small", "large"]}


def test_the_plot_names_the_front_and_shows_all_that_can_be_shown(tmp_path: Path) -> None:
    results.write(tmp_path, {"peak": math.inf}, model="perfect", parameters=20_000)
    figure = pareto(board(tmp_path))
    assert figure is not None
    [axes] = figure.axes
    assert sorted(text.get_text() for text in axes.texts) == ["identity", "large", "small"]
    assert sum(len(points.get_offsets()) for points in axes.collections) == 4


def test_names_in_the_margin_never_overlap(tmp_path: Path) -> None:
    for position in range(12):
        results.write(tmp_path, {"peak": 20 + position**2 / 50}, model=f"m{position}", parameters=100 * (position + 1))
    figure = pareto(board(tmp_path))
    assert figure is not None
    heights = sorted(text.xyann[1] for text in figure.axes[0].texts)
    assert len(heights) == 15  # the baseline, the small and the large one, too
    assert (np.diff(heights) >= APART - 1e-9).all()
