"""The order of a board: ranks, what they are by, what cannot be told apart, and how sure it is."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import results
from boards import BASELINE, ORACLE, board, column, ranks


def test_the_highest_comes_first_where_higher_is_better(tmp_path: Path) -> None:
    found = ranks(tmp_path, {"a": {"peak": 20}, "b": {"peak": 30}, "c": {"peak": math.inf}, "d": {"peak": -3}})
    assert list(found.items()) == [("c", 1), ("b", 2), ("a", 3), ("d", 4)]


def test_the_lowest_comes_first_where_lower_is_better(tmp_path: Path) -> None:
    found = ranks(tmp_path, {"a": {"mean-error": 0.2}, "b": {"mean-error": 0.3}, "c": {"mean-error": 0.0}})
    assert list(found.items()) == [("c", 1), ("a", 2), ("b", 3)]


def test_the_first_metric_that_a_row_has_ranks_and_rows_without_it_are_last(tmp_path: Path) -> None:
    found = ranks(tmp_path, {"a": {"mean-error": 0.0}, "b": {"mean-error": 0.3, "peak": 20}, "c": {"peak": 30}})
    assert board(tmp_path).ranked_by == "peak"
    assert list(found.items()) == [("c", 1), ("b", 2), ("a", 3)]


def test_a_region_does_not_rank(tmp_path: Path) -> None:
    found = ranks(tmp_path, {"a": {"peak@face": 90, "mean-error": 0.2}, "b": {"peak@face": 10, "mean-error": 0.1}})
    assert board(tmp_path).ranked_by == "mean-error"
    assert found == {"b": 1, "a": 2}


def test_equal_scores_share_a_rank_and_the_next_skips_it(tmp_path: Path) -> None:
    found = ranks(tmp_path, {"c": {"peak": 30}, "a": {"peak": 30}, "d": {"peak": 20}, "b": {"peak": 40}})
    assert list(found.items()) == [("b", 1), ("a", 2), ("c", 2), ("d", 4)]


def test_a_metric_that_comes_earlier_does_not_rank_where_another_says_that_it_does(tmp_path: Path) -> None:
    """Or any installed package could reorder every board by a low `order`."""
    known = {"peak": {**results.metric(order=10), "ranks": True}, "stranger": results.metric(order=1)}
    for model, peak in (("a", 30), ("b", 20)):
        results.write(tmp_path, {"peak": peak, "stranger": -peak}, model=model, metrics=known)
    assert board(tmp_path).ranked_by == "peak"
    assert list(board(tmp_path).metrics) == ["peak", "stranger"]
    assert column(board(tmp_path), "rank") == {"a": 1, "b": 2}


def test_rows_that_cannot_be_told_apart_share_a_rank_and_say_which_they_may_have(tmp_path: Path) -> None:
    for model, mean, signs in (("a", 20.0, [1, -1]), ("b", 20.0, [1, 1, -1, -1]), ("c", 10.0, [1, -1])):
        results.write(tmp_path, {"peak": mean}, model=model, noise=2.0, signs=signs)
    assert column(board(tmp_path), "rank") == {"a": 1, "b": 1, "c": 3}
    assert column(board(tmp_path), "rank.low") == {"a": 1, "b": 1, "c": 3}
    assert column(board(tmp_path), "rank.high") == {"a": 2, "b": 2, "c": 3}


def test_intervals_hold_the_means_and_widen_with_the_noise(tmp_path: Path) -> None:
    results.write(tmp_path, {"peak": 20.0, "peak@face": 18.0}, model="calm", noise=0.1)
    results.write(tmp_path, {"peak": 20.0, "peak@face": 18.0}, model="wild", noise=2.0)
    results.write(tmp_path, {"peak": 19.0}, **BASELINE, noise=2.0)
    results.write(tmp_path, {"peak": 29.0}, **ORACLE, noise=2.0)
    rows = board(tmp_path).rows.set_index("model")
    for name in ("peak", "peak@face", "gain", "recovered"):
        within = rows.loc[["calm", "wild"]]
        assert (within[f"{name}.low"] <= within[name]).all()
        assert (within[name] <= within[f"{name}.high"]).all()
    width = rows["peak.high"] - rows["peak.low"]
    assert width["wild"] > 5 * width["calm"] > 0
    assert rows.loc["identity", ["gain.low", "gain.high"]].to_list() == [0, 0]
    assert rows.loc["oracle", ["recovered.low", "recovered.high"]].to_list() == pytest.approx([1, 1])


def test_a_gain_is_surer_than_the_scores_it_comes_from(tmp_path: Path) -> None:
    """All models meet the same images, whose difficulty falls out of a paired difference."""
    results.write(tmp_path, {"peak": 21.0}, noise=3.0)
    results.write(tmp_path, {"peak": 20.0}, **BASELINE, noise=3.0)
    row = board(tmp_path).rows.set_index("model").loc["tiny-conv"]
    assert row["gain.high"] - row["gain.low"] < 1e-3 < row["peak.high"] - row["peak.low"]


def test_without_any_metric_there_is_no_rank(tmp_path: Path) -> None:
    results.write(tmp_path, {}, metrics={})
    assert board(tmp_path).ranked_by is None
    assert "rank" not in board(tmp_path).rows
