"""Results to boards: which results meet on a board, and which are left out."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import Any

import pytest
import results
from boards import BASELINE, ORACLE, board, column

from benchbench import files
from benchbench.boards import collect
from benchbench.registry.validation import RESERVED
from benchbench.results import store

# ── who meets whom ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "change",
    [{"fingerprint": "beef"}, {"size": 32}, {"training": "recipe"}, {"version": 99},
     {"degradation": "darken:factor=0.5"}, {"degradation_digest": "other"}, {"dataset": "other"}, {"compiled": True},
     {"tuned": True}],
)  # fmt: skip
def test_rows_that_differ_in_their_setting_never_share_a_board(change: dict[str, Any], tmp_path: Path) -> None:
    results.write(tmp_path, model="a")
    results.write(tmp_path, model="b", **change)
    boards, _ = collect(tmp_path)
    assert sorted(list(found.rows["model"]) for found in boards) == [["a"], ["b"]]


def test_the_mean_of_a_rows_trainings_hangs_on_no_library(tmp_path: Path) -> None:
    peaks = [0.16427528886406711, 0.16726620608206952, 0.17093569627313904]
    for seed, peak in enumerate(peaks):
        results.write(tmp_path, {"peak": peak}, model="a", seed=seed, noise=0.0)
    assert board(tmp_path).rows["peak"].item() == math.fsum(peaks) / 3 != sum(peaks) / 3


def test_trainings_by_other_code_of_a_model_never_share_its_row(tmp_path: Path) -> None:
    """The newest version counts, or that which is asked for; the board tells which seeds a row lacks."""
    for seed, code, peak in ((0, "old", 10.0), (1, "old", 10.0), (0, "new", 20.0)):
        results.write(
            tmp_path, {"peak": peak}, model="a", seed=seed, model_digest=code, codec=code,
            finished_at=f"2026-01-0{1 + (code == 'new')}T00:00:00+00:00",
        )  # fmt: skip
    results.write(tmp_path, {"peak": 15.0}, model="b", seed=0, model_digest="other")
    results.write(tmp_path, {"peak": 10.0}, model="a", seed=0, model_digest="old", version=99)
    found = {}
    for name, asked in {"new": {}, "old": {"a": "old"}, "neither": {"a": "gone", "b": "gone"}}.items():
        boards, problems = collect(tmp_path, asked=asked)
        assert problems == []
        [made] = [board for board in boards if board.setting.protocol != 99]
        row = made.rows[made.rows["model"] == "a"].iloc[0]
        found[name] = round(row["peak"]), row["seeds"], [failure["reason"] for failure in made.failures]
        assert made.at(made.setting.rung).failures == made.failures
    lacks = ["trained by other code, or as another network of this name (seed 1)"]
    assert found == {"new": (20, "0", lacks), "old": (10, "0, 1", []), "neither": (20, "0", lacks)}
    assert [list(board.rows["model"]) for board in boards if board.setting.protocol == 99] == [["a"]], "a board apart"


def test_rows_of_one_setting_share_a_board(tmp_path: Path) -> None:
    for model in ("a", "b"):
        for seed in (0, 1):
            results.write(tmp_path, model=model, seed=seed)
    assert list(board(tmp_path).rows["model"]) == ["a", "b"]


def test_models_without_training_join_every_way_of_training(tmp_path: Path) -> None:
    for way in ("any-time", "recipe"):
        results.write(tmp_path, training=way)
    results.write(tmp_path, **BASELINE)
    boards, _ = collect(tmp_path)
    assert [found.setting.training for found in boards] == ["any-time", "recipe"]
    assert [set(found.rows["model"]) for found in boards] == [{"identity", "tiny-conv"}] * 2


def test_models_without_training_join_what_was_compiled_or_tuned(tmp_path: Path) -> None:
    for changes in ({}, {"compiled": True}, {"tuned": True}, {"compiled": True, "tuned": True}):
        results.write(tmp_path, **changes)
    results.write(tmp_path, **BASELINE)
    boards, _ = collect(tmp_path)
    ways = ["any-time", "any-time, compiled", "any-time, tuned", "any-time, tuned, compiled"]
    assert [found.setting.training for found in boards] == ways
    assert boards[-1].setting.league.title == "16 px, after 5 TFLOP of training, tuned, compiled"
    assert [set(found.rows["model"]) for found in boards] == [{"identity", "tiny-conv"}] * 4


@pytest.mark.parametrize(("digest", "rows"), [("m", ["tiny-conv"]), ("another source", [])])
def test_a_failure_takes_no_row_from_the_same_model_run_otherwise(digest: str, rows: list[str], tmp_path: Path) -> None:
    results.write(tmp_path, finished_at="2024-01-01T00:00:00+00:00")
    results.write(tmp_path, status="failed", threads=2, model_digest=digest, finished_at="2024-01-02T00:00:00+00:00")
    assert list(board(tmp_path).rows["model"] if rows else board(tmp_path).rows) == rows


def test_models_without_training_make_a_board_of_their_own_where_nothing_was_trained(tmp_path: Path) -> None:
    results.write(tmp_path, **BASELINE)
    results.write(tmp_path, **ORACLE)
    assert board(tmp_path).setting.training == "none"
    assert set(board(tmp_path).rows["model"]) == {"identity", "oracle"}


@pytest.mark.parametrize("change", [{"fingerprint": "beef"}, {"size": 32}, {"version": 99}, {"degradation": "grain"}])
def test_models_without_training_do_not_join_another_setting(change: dict[str, Any], tmp_path: Path) -> None:
    results.write(tmp_path)
    results.write(tmp_path, **BASELINE, **change)
    assert [list(found.rows["model"]) for found in collect(tmp_path)[0]] in (
        [["identity"], ["tiny-conv"]],
        [["tiny-conv"], ["identity"]],
    )


def test_a_damaged_result_is_left_out_with_a_line_that_says_why(tmp_path: Path) -> None:
    results.write(tmp_path, model="whole")
    folder = results.write(tmp_path, model="damaged")
    (folder / store.RESULT).write_text("{")
    boards, [problem] = collect(tmp_path)
    assert list(boards[0].rows["model"]) == ["whole"]
    assert str(folder) in problem


def test_results_of_other_test_images_never_share_a_board(tmp_path: Path) -> None:
    """The same code on another machine or with another library may degrade otherwise."""
    for model, test_set in (("a", "one"), ("b", "two"), ("older", None)):
        results.write(tmp_path, model=model, test_set=test_set)
    results.write(tmp_path, model="broken", status="failed", reason="x")
    boards, _ = collect(tmp_path)
    assert {found.setting.test_set: list(found.rows["model"]) for found in boards} == {
        "": ["older"], "one": ["a"], "two": ["b"]
    }  # fmt: skip
    assert all(found.failures for found in boards)


def test_results_that_name_no_test_set_share_the_only_one(tmp_path: Path) -> None:
    for model, test_set in (("a", "one"), ("older", None)):
        results.write(tmp_path, model=model, test_set=test_set)
    assert list(board(tmp_path).rows["model"]) == ["a", "older"]
    assert board(tmp_path).setting.test_set == "one"


def test_a_result_whose_scores_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    results.write(tmp_path, model="whole")
    folder = results.write(tmp_path, model="odd")
    (folder / store.SCORES).write_bytes(b"PAR1")
    content = files.read_json(folder / store.RESULT)
    content["files"][store.SCORES] = files.file_digest(folder / store.SCORES)
    files.write_json(folder / store.RESULT, content)
    [found], [problem] = collect(tmp_path)
    assert list(found.rows["model"]) == ["whole"]
    assert store.SCORES in problem


def test_nothing_makes_no_board(tmp_path: Path) -> None:
    assert collect(tmp_path) == ([], [])
    assert collect(tmp_path / "nowhere") == ([], [])


def test_of_several_sources_of_one_trial_only_the_last_result_counts(tmp_path: Path) -> None:
    """A plugin's author has changed the model, which changes the key of its trial, and ran it again."""
    for key, year, score in (("k1", 2025, 20.0), ("k0", 2026, 30.0), ("k2", 2024, 10.0)):
        described, when = {**results.trial(model_digest=key), "key": key}, f"{year}-01-01T00:00:00+00:00"
        results.publish(tmp_path / "d" / "g" / "m" / key, described, {"peak": score}, finished_at=when)
    assert board(tmp_path).rows[["peak", "seeds", "trainings"]].to_numpy().tolist() == [[30.0, "0", 1]]


def test_a_model_that_fails_since_it_was_changed_has_no_score(tmp_path: Path) -> None:
    for key, year, status in (("k1", 2025, "scored"), ("k0", 2026, "failed")):
        described, when = {**results.trial(model_digest=key), "key": key}, f"{year}-01-01T00:00:00+00:00"
        results.publish(tmp_path / "d" / "g" / "m" / key, described, status=status, finished_at=when)
    assert len(board(tmp_path).rows) == 0
    assert [row["status"] for row in board(tmp_path).failures] == ["failed"]


def test_a_copy_of_a_result_does_not_count_twice(tmp_path: Path) -> None:
    folder = results.write(tmp_path)
    shutil.copytree(folder, folder.with_name("copy"))
    boards, [problem] = collect(tmp_path)
    assert boards[0].rows["trainings"].to_list() == [1]
    assert "copy is a copy" in problem


# ── the scale between baseline and oracle ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("metric", ["peak", "mean-error"])
@pytest.mark.parametrize(("model", "base", "ideal"), [(25.0, 20.0, 40.0), (15.0, 20.0, 40.0), (0.3, 0.5, 0.0)])
def test_gain_and_recovered(metric: str, model: float, base: float, ideal: float, tmp_path: Path) -> None:
    results.write(tmp_path, {metric: model})
    results.write(tmp_path, {metric: base}, **BASELINE)
    results.write(tmp_path, {metric: ideal}, **ORACLE)
    found = board(tmp_path)
    better = 1 if metric == "peak" else -1  # a gain is above 0 where it is better
    gains = {"tiny-conv": better * (model - base), "identity": 0, "oracle": better * (ideal - base)}
    assert column(found, "gain") == gains
    expected = {"tiny-conv": (model - base) / (ideal - base), "identity": 0, "oracle": 1}
    assert column(found, "recovered") == pytest.approx(expected)


def test_without_a_baseline_there_is_no_gain_and_without_an_oracle_nothing_recovered(tmp_path: Path) -> None:
    results.write(tmp_path)
    assert not {"gain", "recovered"} & set(board(tmp_path).rows)
    results.write(tmp_path, **BASELINE)
    assert {"gain", "recovered"} & set(board(tmp_path).rows) == {"gain"}


def test_a_scale_of_no_length_is_none(tmp_path: Path) -> None:
    results.write(tmp_path, {"peak": 25})
    results.write(tmp_path, {"peak": 20}, **BASELINE)
    results.write(tmp_path, {"peak": 20}, **ORACLE)
    assert {"gain", "recovered"} & set(board(tmp_path).rows) == {"gain"}


# ── seeds ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_seeds_are_averaged_and_counted(tmp_path: Path) -> None:
    for seed, score in ((10, 20.0), (2, 23.0), (0, 32.0)):
        results.write(tmp_path, {"peak": score}, seed=seed)
    results.write(tmp_path, **BASELINE)
    rows = board(tmp_path).rows.set_index("model")
    assert rows.loc["tiny-conv", ["peak", "seeds", "trainings"]].to_list() == [25.0, "0, 2, 10", 3]
    assert rows.loc["identity", ["seeds", "trainings"]].to_list() == ["", 1]


def test_variation_between_trainings_stands_apart_and_in_every_interval(tmp_path: Path) -> None:
    """One degree of freedom: 12.7 standard errors."""
    for seed, score in ((0, 20.0), (1, 22.0)):
        results.write(tmp_path, {"peak": score}, seed=seed)
    results.write(tmp_path, model="once")
    results.write(tmp_path, **BASELINE)
    rows = board(tmp_path).rows.set_index("model")
    assert rows["trainings.std"]["tiny-conv"] == pytest.approx(2**0.5)
    assert math.isnan(rows["trainings.std"]["once"])
    widths = rows["peak.high"] - rows["peak.low"]
    assert widths["tiny-conv"] == pytest.approx(2 * 12.706, rel=1e-3)
    assert widths["once"] == pytest.approx(2 * 12.706 * 2**0.5, rel=1e-3)
    assert widths["identity"] < 0.01


# ── what could not be had ────────────────────────────────────────────────────────────────────────────────────────────


def test_failed_and_skipped_trials_are_listed_with_their_reasons(tmp_path: Path) -> None:
    results.write(tmp_path)
    failed = results.write(tmp_path, model="a", status="failed", reason="RuntimeError: no memory")
    results.write(tmp_path, model="b", status="skipped", reason="needs faces")
    found = board(tmp_path)
    assert list(found.rows["model"]) == ["tiny-conv"]
    log = (failed / store.LOG).relative_to(tmp_path).as_posix()
    assert found.failures == [
        {"model": "a", "status": "failed", "reason": "RuntimeError: no memory", "log": log},
        {"model": "b", "status": "skipped", "reason": "needs faces", "log": ""},
    ]


def test_a_board_can_have_nothing_but_failures(tmp_path: Path) -> None:
    results.write(tmp_path, status="failed", reason="x")
    assert board(tmp_path).ranked_by is None
    assert len(board(tmp_path).failures) == 1


def test_metrics_that_could_not_be_had_say_why(tmp_path: Path) -> None:
    needs = results.metric(unavailable="needs weights", order=1)
    broke = results.metric(unavailable="failed: ValueError: odd", order=2)
    results.write(tmp_path, model="a", metrics={**results.METRICS, "lpips": needs, "vif": broke})
    results.write(tmp_path, {"peak": 3, "vif": 4}, model="b", metrics={**results.METRICS, "lpips": needs,
                  "vif": results.metric(order=2)})  # fmt: skip
    found = board(tmp_path)
    assert found.unavailable == {"lpips": "needs weights", "vif (a)": "failed: ValueError: odd"}
    assert list(found.metrics) == ["lpips", "vif", "peak", "mean-error"]
    assert found.ranked_by == "vif"


def test_columns_that_are_no_scores_are_reserved_names(tmp_path: Path) -> None:
    results.write(tmp_path)
    results.write(tmp_path, **BASELINE)
    results.write(tmp_path, {"peak": 40}, **ORACLE)
    found = board(tmp_path)
    assert {c for c in found.rows if "." not in c} - set(found.metrics) <= RESERVED
    assert set(vars(found.setting)) <= RESERVED


def test_scores_by_another_version_of_a_metric_are_left_out(tmp_path: Path) -> None:
    older, newer = results.METRICS["peak"], {**results.METRICS["peak"], "digest": "new"}
    results.write(tmp_path, {"peak": 30.0}, model="a", metrics={"peak": older}, finished_at="2026-01-01T00:00:00+00:00")
    results.write(tmp_path, {"peak": 20.0}, model="b", metrics={"peak": newer}, finished_at="2026-01-02T00:00:00+00:00")
    (board,), _ = collect(tmp_path)
    assert board.rows.set_index("model")["peak"].isna().to_dict() == {"a": True, "b": False}
