"""Metrics of sets on boards: they rank nobody, have intervals of their own, and span a plane with the one that ranks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import results
from boards import BASELINE, ORACLE, UNTRAINED, board
from scipy import stats

from benchbench.api.console import text_of
from benchbench.boards import Board
from benchbench.boards.markdown.board import section
from benchbench.boards.plane import Plane, plane, plane_of
from benchbench.boards.plots import plane_curves_of
from benchbench.boards.view import view_of
from benchbench.boards.write import as_json, as_table

METRICS = {**results.METRICS, "swd": results.metric(higher=False, order=1, digits=1, of_set=True)}
PLACES = {"sharp": (20.0, 5.0), "mean": (30.0, 40.0), "between": (25.0, 20.0), "beaten": (24.0, 25.0)}


def plain(tmp_path: Path) -> Board:
    """Four models, the first of which nobody beats by its distribution, and the second by its error; references."""
    for known, place in ((BASELINE, (10.0, 90.0)), (ORACLE, (60.0, 0.0))):
        put(tmp_path, place, **known)
    for model, place in PLACES.items():
        put(tmp_path, place, model=model, **UNTRAINED)
    return board(tmp_path)


def put(out: Path, place: tuple[float, float], error: float = 2.0, **facts: Any) -> None:
    results.write(out, {"peak": place[0]}, metrics=METRICS, sets={"swd": (place[1], error)}, **facts)


def test_no_board_is_ranked_by_a_metric_of_sets(tmp_path: Path) -> None:
    found = plain(tmp_path)
    assert next(iter(found.metrics)) == "swd"  # by its order it would be the first
    assert found.ranked_by == "peak"
    assert list(found.rows["model"]) == ["oracle", "mean", "between", "beaten", "sharp", "identity"]
    assert view_of(found).rows[1].cells["swd"].full == "40.0\u202f±4.1"


def test_without_another_metric_there_is_no_order(tmp_path: Path) -> None:
    results.write(tmp_path, {}, metrics={"swd": METRICS["swd"]}, sets={"swd": (4.0, 1.0)}, **UNTRAINED)
    found = board(tmp_path)
    assert (found.ranked_by, plane_of(found)) == (None, None)
    assert "4.0" in section(view_of(found), {})


def test_the_interval_is_students_over_images(tmp_path: Path) -> None:
    found = plain(tmp_path).rows.set_index("model").loc["mean"]
    error = 2 * (results.IMAGES / (results.IMAGES - 1)) ** 0.5
    low, high = stats.t.interval(0.95, results.IMAGES - 1, 40, error)
    assert (found["swd.low"], found["swd.high"]) == pytest.approx((low, high))


def test_persons_are_fewer_than_images(tmp_path: Path) -> None:
    for model, persons in (("alone", ()), ("pairs", [i // 8 for i in range(results.IMAGES)])):
        put(tmp_path / model, (20, 10), model=model, persons=persons, **UNTRAINED)
    widths = [float((r := board(tmp_path / m).rows.iloc[0])["swd.high"] - r["swd.low"]) for m in ("alone", "pairs")]
    assert widths[1] / widths[0] == pytest.approx(
        (stats.t(4).ppf(0.975) * (5 / 4) ** 0.5) / (stats.t(39).ppf(0.975) * (40 / 39) ** 0.5)
    )


def test_trainings_of_one_model_share_their_images_and_differ_by_chance(tmp_path: Path) -> None:
    for seed, score in enumerate((10.0, 12.0, 14.0)):
        put(tmp_path, (20, score), error=0.0, model="net", seed=seed)
    row = board(tmp_path).rows.iloc[0]
    low, high = stats.t.interval(0.95, 2, 12, 2 / 3**0.5)
    assert (row["swd"], row["swd.low"], row["swd.high"]) == pytest.approx((12, low, high))


def test_the_front_are_those_that_none_beats_in_both(tmp_path: Path) -> None:
    found = plane_of(plain(tmp_path))
    assert found is not None
    assert list(found.front) == ["mean", "between", "sharp"]
    assert found.points.keys() == {*PLACES, "identity"}  # the ideal knows the answer
    assert found.front["mean"] == "30.00, 40.0"


def test_markdown_terminal_site_and_plot_show_the_plane(tmp_path: Path) -> None:
    found = plain(tmp_path)
    view = view_of(found)
    assert view.plane is not None
    text = section(view, {"plane": "plane.webp"})
    assert "### Perception against distortion" in text
    assert "](plane.webp)" in text
    for shown in (text, text_of([view])):
        assert "mean (30.00, 40.0), between (25.00, 20.0), sharp (20.00, 5.0)" in shown
    lines = plane_curves_of(found).lines
    assert next(iter(lines.values())) == [(30, 40), (25, 20), (20, 5)]
    figure = plane(found)
    assert figure is not None
    assert {text.get_text() for text in figure.axes[0].texts} == {"mean", "between", "sharp"}


def test_files_for_programs_hold_the_scores_and_older_ones_are_as_they_were(tmp_path: Path) -> None:
    found = plain(tmp_path / "with")
    assert {"swd", "swd.low", "swd.high"} <= set(as_table(found))
    assert as_json(found)["metrics"]["swd"]["of_set"] is True
    results.write(tmp_path / "without", {"peak": 20})
    older = board(tmp_path / "without")
    assert plane_of(older) is None
    assert all("of_set" not in facts for facts in as_json(older)["metrics"].values())
    assert "set_scores" not in (older.results[0].folder / "result.json").read_text()


def test_one_broken_model_does_not_hide_the_others_on_the_plane() -> None:
    scores = {"good": (28.0, 27.0), "fair": (27.0, 50.0)}
    assert Plane("psnr ↑", "swd ↓", scores, {}).log == ""
    assert Plane("psnr ↑", "swd ↓", scores | {"broken": (15.0, 4e4)}, {}).log == "y"
    assert Plane("psnr ↑", "kid ↓", scores | {"below": (15.0, -1e5)}, {}).log == ""
