"""The order of a board: ranks, what they are by, which a model may have, and how sure it is."""

from __future__ import annotations

from pathlib import Path

import pytest
import results
from boards import BASELINE, ORACLE, UNTRAINED, board, column, ranks

from benchbench.boards.view import view_of


def test_the_highest_comes_first_where_higher_is_better(tmp_path: Path) -> None:
    found = ranks(tmp_path, {"a": {"peak": 20}, "b": {"peak": 30}, "c": {"peak": 58}, "d": {"peak": -3}})
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
        results.write(tmp_path, {"peak": peak, "stranger": -peak}, model=model, metrics=known, **UNTRAINED)
    assert board(tmp_path).ranked_by == "peak"
    assert list(board(tmp_path).metrics) == ["peak", "stranger"]
    assert column(board(tmp_path), "rank") == {"a": 1, "b": 2}


def test_rows_say_which_ranks_they_may_have(tmp_path: Path) -> None:
    for model, mean, signs in (("a", 20.1, [1, -1]), ("b", 20.0, [1, 1, -1, -1]), ("c", 10.0, [1, -1])):
        results.write(tmp_path, {"peak": mean}, model=model, noise=2.0, signs=signs, **UNTRAINED)
    assert column(board(tmp_path), "rank") == {"a": 1, "b": 2, "c": 3}
    assert column(board(tmp_path), "rank.low") == {"a": 1, "b": 1, "c": 3}
    assert column(board(tmp_path), "rank.high") == {"a": 2, "b": 2, "c": 3}


def test_of_models_that_were_trained_once_there_is_an_order_and_no_rank(tmp_path: Path) -> None:
    for model, mean in (("a", 20.0), ("b", 30.0)):
        results.write(tmp_path, {"peak": mean}, model=model)
    results.write(tmp_path, {"peak": 15.0}, **BASELINE)
    assert list(board(tmp_path).rows["model"]) == ["b", "a", "identity"]
    assert "rank" not in board(tmp_path).rows
    assert "An order, no ranks" in view_of(board(tmp_path)).how_ranked[1].text
    results.write(tmp_path, {"peak": 20.1}, model="a", seed=1)  # what two trainings tell holds for all
    assert column(board(tmp_path), "rank.high") == {"b": 1, "a": 2, "identity": 3}


def test_trainings_that_differ_leave_a_rank_open(tmp_path: Path) -> None:
    for model, means in (("a", (20.0, 22.0, 24.0)), ("b", (21.0, 23.0, 25.0)), ("c", (50.0, 52.0, 54.0))):
        for seed, mean in enumerate(means):
            results.write(tmp_path, {"peak": mean}, model=model, seed=seed)
    assert [row.ranks for row in view_of(board(tmp_path)).rows] == ["1", "2–3", "2–3"]


def test_images_of_one_person_count_as_one(tmp_path: Path) -> None:
    """Of 40 images of four persons, four tell something: too few to call models different that all images tell apart."""
    persons = [i // 10 for i in range(results.IMAGES)]
    for model, mean in (("a", 20.0), ("b", 21.0)):
        for out, known in (("strangers", ()), ("friends", persons)):
            results.write(tmp_path / out, {"peak": mean}, model=model, persons=known, noise=0.1, **UNTRAINED)
    assert column(board(tmp_path / "strangers"), "rank.high") == {"b": 1, "a": 2}
    assert column(board(tmp_path / "friends"), "rank.high") == {"b": 2, "a": 2}
    assert "40 test images of 4 persons" in view_of(board(tmp_path / "friends")).images


def test_models_are_called_equivalent_where_their_difference_is_surely_irrelevant(tmp_path: Path) -> None:
    known = {"peak": {**results.metric(unit="dB"), "relevant": 0.1}}
    for model, mean in (("a", 20.0), ("b", 20.05), ("c", 20.2)):
        results.write(tmp_path, {"peak": mean}, model=model, metrics=known, **UNTRAINED)
    assert column(board(tmp_path), "equivalent") == {"c": "", "b": "a", "a": "b"}
    assert column(board(tmp_path), "rank") == {"c": 1, "b": 2, "a": 3}
    [note] = [note.text for note in view_of(board(tmp_path)).how_ranked if "Equivalent" in note.text]
    assert note == "Equivalent, as they surely differ by less than 0.1 dB: b and a."


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
    results.write(tmp_path, {"peak": 21.0}, noise=3.0, **UNTRAINED)
    results.write(tmp_path, {"peak": 20.0}, **BASELINE, noise=3.0)
    row = board(tmp_path).rows.set_index("model").loc["tiny-conv"]
    assert row["gain.high"] - row["gain.low"] < 1e-3 < row["peak.high"] - row["peak.low"]


def test_without_any_metric_there_is_no_rank(tmp_path: Path) -> None:
    results.write(tmp_path, {}, metrics={})
    assert board(tmp_path).ranked_by is None
    assert "rank" not in board(tmp_path).rows


def test_better_than_the_input_is_a_gain_also_where_lower_is_better(tmp_path: Path) -> None:
    errors = {"mean-error": results.metric(higher=False, order=1)}
    for model, score, role in (("identity", 0.3, "baseline"), ("good", 0.1, ""), ("bad", 0.4, "")):
        results.write(tmp_path, {"mean-error": score}, model=model, role=role, metrics=errors, **UNTRAINED)
    results.write(
        tmp_path, {"mean-error": 0.0}, model="oracle", role="ideal", sees=["truth"], metrics=errors, **UNTRAINED
    )
    found = board(tmp_path)
    assert list(found.rows["model"]) == ["oracle", "good", "identity", "bad"]
    gains, recovered = column(found, "gain"), column(found, "recovered")
    assert gains == pytest.approx({"oracle": 0.3, "good": 0.2, "identity": 0.0, "bad": -0.1}, abs=1e-3)
    assert recovered == pytest.approx({"oracle": 1.0, "good": 2 / 3, "identity": 0.0, "bad": -1 / 3}, abs=1e-2)
    assert (found.rows["gain.low"] <= found.rows["gain"] + 1e-9).all()
    assert (found.rows["gain.high"] >= found.rows["gain"] - 1e-9).all()
