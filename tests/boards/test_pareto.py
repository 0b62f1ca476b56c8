"""The fronts of quality against cost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import results
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from reading import tables

from benchbench.boards import Board, collect
from benchbench.boards.markdown.timing import speed_page
from benchbench.boards.pareto import APART, front, fronts, pareto
from benchbench.boards.view import view_of

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
    assert front(np.array([1.0, 2.0]), np.array([9.0, 9.0])).tolist() == [True, False]


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


def test_arithmetic_and_time_are_costs_too_and_what_is_not_known_is_on_no_front(tmp_path: Path) -> None:
    """Time differs from run to run, so it has no place among the fronts of a board's own files."""
    facts: dict[str, tuple[float, int | None, float]] = {
        "small": (20, 1_000_000, 3.0), "large": (30, 90_000_000, 9.0), "wasteful": (20, 2_000_000, 4.0),
        "filter": (21, None, 8.0),
    }  # fmt: skip
    for model, (peak, macs, ms) in facts.items():
        timing = {"ms_per_image": {"batch_1": ms, "batch_32": 10 - ms}}
        results.write(tmp_path, {"peak": peak}, model=model, macs=macs, timing=timing)
    [found] = collect(tmp_path)[0]
    assert fronts(found) == {"macs": ["small", "large"]}
    view = view_of(found)
    assert view.chains == {
        "million MACs an image": [("small", "1.0", "20.00"), ("large", "90.0", "30.00")],
        "ms an image": [("small", "3.000", "20.00"), ("filter", "8.000", "21.00"), ("large", "9.000", "30.00")],
    }
    assert [row.cells["macs"].text for row in view.cheapest[1]] == ["90.0", "1.0"]
    assert any(note.head == "MACs" for note in view.notes)
    [heads, *rows] = tables(speed_page([found]))[0]
    shown = {row[0]: row[heads.index("million MACs/image")] for row in rows}
    assert shown == {"small": "1.0", "wasteful": "2.0", "filter": "–", "large": "90.0"}
    assert not any("milliseconds" in column.key for column in view.cheapest[0])


def test_results_from_before_arithmetic_was_counted_give_the_boards_they_gave(tmp_path: Path) -> None:
    found = board(tmp_path)
    assert "macs" not in found.rows
    assert "MAC" not in speed_page([found]) + str(view_of(found).notes)


def test_lower_is_better_where_the_metric_says_so(tmp_path: Path) -> None:
    for model, error, parameters in (("small", 0.3, 100), ("large", 0.2, 9000), ("wasteful", 0.4, 9000)):
        results.write(tmp_path, {"mean-error": error}, model=model, parameters=parameters)
    assert fronts(collect(tmp_path)[0][0]) == {"parameters": ["small", "large"]}


def test_the_plot_names_the_front_and_shows_all_that_can_be_shown(tmp_path: Path) -> None:
    results.write(tmp_path, {"peak": 20.0}, model="huge", parameters=20_000)
    figure = pareto(board(tmp_path))
    assert figure is not None
    [axes] = figure.axes
    assert sorted(text.get_text() for text in axes.texts) == ["identity", "large", "small"]
    assert sum(len(points.get_offsets()) for points in axes.collections) == 5


def test_names_in_the_margin_never_overlap(tmp_path: Path) -> None:
    for position in range(12):
        results.write(tmp_path, {"peak": 20 + position**2 / 50}, model=f"m{position}", parameters=100 * (position + 1))
    figure = pareto(board(tmp_path))
    assert figure is not None
    heights = sorted(text.xyann[1] for text in figure.axes[0].texts)
    assert len(heights) == 15  # the baseline, the small and the large one, too
    assert (np.diff(heights) >= APART - 1e-9).all()
