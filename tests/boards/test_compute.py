"""Boards at a rung of training, and what they show of scores against compute."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import results
from boards import BASELINE, board, column
from click.testing import CliRunner

from benchbench.boards import build, collect
from benchbench.boards.site import write_site
from benchbench.boards.view import view_of
from benchbench.cli import main
from benchbench.errors import SpecError

METRICS = {"peak": results.metric(unit="dB") | {"relevant": 0.1}}
LADDER = (1e11, 2e11, 5e11, 1e12)


def climb(
    out: Path, model: str, *peaks: float, seeds: int = 3, flops: tuple[float, ...] = LADDER, **facts: Any
) -> None:
    """Trainings with these scores at the first rungs."""
    for seed in range(seeds):
        rungs = {f: {"peak": peak + 0.01 * (seed - 1)} for f, peak in zip(flops, peaks, strict=False)}
        results.write(out, model=model, seed=seed, rungs=rungs, metrics=METRICS, **facts)


def test_a_board_stands_at_the_highest_rung_that_all_trainings_have(tmp_path: Path) -> None:
    climb(tmp_path, "far", 20, 21, 22, 23)
    climb(tmp_path, "near", 18, 19)
    results.write(tmp_path, metrics=METRICS, **BASELINE)
    found = board(tmp_path)
    assert found.setting.rung == 2e11
    assert {m: round(v, 6) for m, v in column(found, "peak").items()} == {"far": 21, "near": 19, "identity": 20}
    assert found.setting.league.title == "16 px, after 0.2 TFLOP of training"
    assert column(found, "flops")["far"] == pytest.approx(0.2e12, rel=0.05)


def test_rows_that_lack_the_rung_asked_for_say_how_far_they_were_trained(tmp_path: Path) -> None:
    climb(tmp_path, "far", 20, 21, 22, 23)
    climb(tmp_path, "near", 18, 19, seeds=1)
    (found,), _ = collect(tmp_path, 1e12)
    assert list(found.rows["model"]) == ["far"]
    assert [(row["model"], row["reason"]) for row in found.failures] == [("near", "trained to 0.2TFLOP (seed 0)")]


def test_a_rung_that_nothing_was_scored_at_is_refused_with_those_there_are(tmp_path: Path) -> None:
    climb(tmp_path, "far", 20, 21, 22, 23)
    with pytest.raises(SpecError, match=r"no training was scored at 7TFLOP, only at 0\.1TFLOP, .*1TFLOP"):
        collect(tmp_path, 7e12)
    climb(tmp_path, "elsewhere", 18, 19, degradation="fog")
    assert {b.setting.degradation: b.setting.rung for b in collect(tmp_path, 1e12)[0]} == {"darken": 1e12, "fog": 2e11}


def test_an_end_between_two_rungs_is_no_rung_of_the_ladder(tmp_path: Path) -> None:
    climb(tmp_path, "a", 20, 21, flops=(1e11, 1.5e11))
    assert board(tmp_path).setting.rung == 1e11
    (found,), _ = collect(tmp_path, 1.5e11)
    assert found.setting.rung == 1.5e11


def test_trainings_below_the_ladder_count_at_their_ends(tmp_path: Path) -> None:
    climb(tmp_path, "a", 20, flops=(1e9,))
    climb(tmp_path, "b", 21, flops=(2e9,))
    found = board(tmp_path)
    assert (found.setting.rung, list(found.rows["model"])) == (0, ["b", "a"])


def test_a_shorter_training_is_not_averaged_with_longer_ones_as_if_it_were_another_seed(tmp_path: Path) -> None:
    for seed, end in enumerate((1e10, 2.01e10, 2e10)):
        results.write(tmp_path, model="near", seed=seed, rungs={end: {"peak": 10.0 + 5 * (seed > 0)}}, metrics=METRICS)
    found = board(tmp_path)
    assert column(found, "peak") == {"near": 15}
    assert [f["reason"] for f in found.failures] == ["trained to 0.01TFLOP (seed 0)"]


def test_a_model_that_still_rises_is_called_worse_than_nobody(tmp_path: Path) -> None:
    climb(tmp_path, "flat", 22, 22.01, 22.02, 22.03)
    climb(tmp_path, "rising", 18, 19, 20, 21)
    climb(tmp_path, "poor", 18, 18, 18, 18)
    found = board(tmp_path)
    assert found.rising == ["rising"]
    assert column(found, "rank.low") == {"flat": 1, "rising": 1, "poor": 3}
    view = view_of(found)
    assert [row.label for row in view.rows] == ["flat", "rising ↑", "poor"]
    assert any("still rising, by more than 0.1 dB" in note.text for note in view.how_ranked)


def test_the_course_tells_who_leads_and_whose_curves_cross(tmp_path: Path) -> None:
    climb(tmp_path, "early", 20, 20, 20, 20)
    climb(tmp_path, "late", 18, 19, 21, 22)
    story = view_of(board(tmp_path)).story
    assert story[0] == "Best: early from 0.1 TFLOP to 0.2 TFLOP, late from 0.5 TFLOP to 1 TFLOP."
    assert story[1] == "By more than chance: late passes early at 0.32 TFLOP."


def test_the_page_has_the_table_and_the_picture(tmp_path: Path) -> None:
    climb(tmp_path / "runs", "early", 20, 20, 20, 20)
    climb(tmp_path / "runs", "late", 18, 19, 21, 22)
    (page, *_), _ = build(tmp_path / "runs", tmp_path / "boards")
    text = page.read_text(encoding="utf-8")
    assert "## 16 px, after 1 TFLOP of training" in text
    lines = [line for line in text.partition("### Score against compute")[2].splitlines() if line.startswith("| ")]
    cells = [cell.strip() for cell in lines[1].strip("|").split("|")]
    assert cells[:5] == ["late ↑", "18.00", "19.00", "**21.00**", "**22.00**"]
    assert cells[6] == "+1.00 ↑"
    assert (page.parent / "darken-curve.webp").is_file()
    (page, *_), _ = build(tmp_path / "runs", tmp_path / "boards", 2e11)
    assert "## 16 px, after 0.2 TFLOP of training" in page.read_text(encoding="utf-8")


def test_a_metric_added_later_is_missing_at_lower_rungs(tmp_path: Path) -> None:
    both = METRICS | {"mean-error": results.metric(higher=False, order=20)}
    rungs = {1e11: {"peak": 20.0}, 2e11: {"peak": 21.0, "mean-error": 0.1}}
    results.write(tmp_path, rungs=rungs, metrics=both)
    (found,), _ = collect(tmp_path, 1e11)
    assert found.unavailable == {"mean-error (tiny-conv)": "was added later, at the last rung only"}


def test_the_command_line_builds_boards_at_a_rung(tmp_path: Path) -> None:
    climb(tmp_path, "a", 20, 21, 22, 23)
    done = CliRunner().invoke(main, ["leaderboard", "build", "--runs", str(tmp_path), "--at", "0.5TFLOP"])
    assert done.exit_code == 0, done.output
    text = (tmp_path / "leaderboards" / "toy-faces" / "darken.md").read_text(encoding="utf-8")
    assert "after 0.5 TFLOP of training" in text
    wrong = CliRunner().invoke(main, ["leaderboard", "build", "--runs", str(tmp_path), "--at", "3epochs"])
    assert (wrong.exit_code, "is no amount of compute" in wrong.output) == (2, True)


def test_the_site_draws_the_course(tmp_path: Path) -> None:
    climb(tmp_path, "early", 20, 20, 20, 20)
    climb(tmp_path, "late", 18, 19, 21, 22)
    write_site(collect(tmp_path)[0], tmp_path / "site")
    text = (tmp_path / "site" / "boards" / "toy-faces" / "darken.html").read_text(encoding="utf-8")
    assert "late passes early at 0.32 TFLOP" in text
    assert "<strong>22.00</strong>" in text
    assert "↑ still rising" in text
