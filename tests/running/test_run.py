"""Whole runs on toy components: scores, boards, hooks, what results record."""

from __future__ import annotations

import json
from pathlib import Path

import faulty
import pytest
from jobs import Recorder, go, statuses
from PIL import Image

from benchbench.results import store
from benchbench.results.record import Origin

GOOD = ("identity", "oracle", "tiny-conv")


def test_a_run_scores_every_model_and_a_second_one_does_nothing(tmp_path: Path) -> None:
    recorder = Recorder()
    first = go(tmp_path, recorder, model=GOOD)
    assert statuses(first) == dict.fromkeys(GOOD, "scored")
    files = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*/*/*/*/*") if p.is_file()}
    second = go(tmp_path, recorder, model=GOOD)
    assert recorder.plans == [(3, 3), (3, 0)]
    assert len({r.data.test_set for r in first.results}) == 1
    assert first.boards[0].setting.test_set == first.results[0].data.test_set != ""
    assert second.results == first.results
    assert {p: p.stat().st_mtime_ns for p in files} == files
    assert [p.name for p in first.written] == ["darken.md", "README.md"]
    assert not list(tmp_path.rglob("*.partial"))


def test_every_board_has_its_frame(tmp_path: Path) -> None:
    report = go(tmp_path, model=("tiny-conv",), with_references=True)
    assert statuses(report) == dict.fromkeys(("identity", "oracle", "tiny-conv"), "scored")
    assert "recovered" in report.boards[0].rows


def test_a_cell_without_an_inverse_is_skipped_with_its_reason(tmp_path: Path) -> None:
    report = go(tmp_path, degradation=("grain",), model=("oracle", "identity"))
    assert statuses(report) == {"oracle": "skipped", "identity": "scored"}
    assert not report.failed
    assert "grain has no ideal inverse" in report.written[0].read_text()


def test_a_region_without_masks_is_skipped(tmp_path: Path) -> None:
    report = go(tmp_path, dataset=("toy-faces:masked=false",), degradation=("darken:region=face",), model=("identity",))
    assert report.results[0].status == "skipped"
    assert "needs face masks" in report.results[0].reason


def test_degrading_the_face_only_scores_inside_it_too(tmp_path: Path) -> None:
    report = go(tmp_path, degradation=("darken:region=face",), model=("identity",))
    found = report.results[0].scores
    assert found["mean-error@region"].mean == pytest.approx(found["mean-error@face"].mean)
    assert found["mean-error@region"].mean > found["mean-error"].mean


def test_chains_run(tmp_path: Path) -> None:
    report = go(tmp_path, degradation=("darken+grain:sigma=0.2",), model=("identity", "oracle"))
    assert statuses(report) == {"identity": "scored", "oracle": "skipped"}
    assert report.written[0].name == "darken+grain,sigma=0.2.md"


def test_results_record_all_that_matters(tmp_path: Path) -> None:
    (result,) = go(tmp_path, model=("tiny-conv",), seed=(3,)).results
    assert result.trial.seed == 3
    assert result.trial.training == "any-time"
    assert len(result.trial.fingerprint) == 16
    assert result.protocol.version >= 1
    assert result.protocol.splits == {"train": 0.8, "validation": 0.1, "test": 0.1}
    assert result.origin["model"] == [Origin(plugin="test.toys", distribution="?", version="?")]
    assert result.timing.device == "cpu"
    assert {"torch", "numpy", "scikit-image"} <= set(result.environment.libraries)
    assert result.metrics["peak"].higher_is_better is True
    pictures = {"samples.png", "worst.png", "histograms.png", "training.png"}
    assert set(result.files) == {"metrics.parquet", "history.csv", "model.safetensors"} | pictures


def test_watching_gradients_changes_no_number_and_no_key(tmp_path: Path) -> None:
    reports = [
        go(tmp_path / name, model=("tiny-conv",), watch_gradients=name == "watched") for name in ("not", "watched")
    ]
    (plain,), (watched,) = (report.results for report in reports)
    assert plain.key == watched.key
    assert plain.scores == watched.scores
    rest = {"history.csv"}
    assert {n: d for n, d in plain.files.items() if n not in rest} == {
        n: d for n, d in watched.files.items() if n not in rest
    }
    columns = [next((tmp_path / name).rglob("history.csv")).read_text().splitlines()[0] for name in ("not", "watched")]
    assert columns[1] == columns[0] + ",gradient/all"
    drawn = [path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("darken-gradients.webp")]
    assert drawn == ["watched"]


def test_gradients_watched_in_another_training_come_onto_the_board(tmp_path: Path) -> None:
    go(tmp_path, model=("tiny-conv",))
    go(tmp_path, unheeded := Recorder(), model=("identity", "tiny-conv"), watch_gradients=True)
    assert [text for text in unheeded.warnings if "the gradients of 1 trainings that are done" in text]
    go(tmp_path, heeded := Recorder(), model=("tiny-conv",), watch_gradients=True, fresh=True)
    assert not [text for text in heeded.warnings if "gradients" in text]
    assert list(tmp_path.rglob("darken-gradients.webp"))


def test_the_worst_images_are_named_and_kept(tmp_path: Path) -> None:
    (result,) = go(tmp_path, model=("identity",)).results
    folder = next(tmp_path.glob(f"*/*/*/{result.key}"))
    first = result.first_metric
    assert first is not None
    table = store.read(folder).scores[first]
    assert len(result.worst) == 4
    rest = table.drop(result.worst)
    assert table[result.worst].max() <= rest.min()
    assert list(table[result.worst]) == sorted(table[result.worst])
    with Image.open(folder / "worst.png") as worst, Image.open(folder / "samples.png") as samples:
        assert worst.height == samples.height == 3 * result.trial.size
        assert worst.width == 4 * result.trial.size


def test_several_seeds_train_several_times_and_share_a_row(tmp_path: Path) -> None:
    report = go(tmp_path, model=("tiny-conv", "identity"), seed=(0, 1))
    assert len(report.results) == 3
    rows = report.boards[0].rows.set_index("model")
    values = [r.scores["peak"].mean for r in report.results if r.trial.model == "tiny-conv"]
    assert values[0] != values[1]
    assert rows.loc["tiny-conv", "peak"] == pytest.approx(sum(values) / 2)
    assert rows.loc["tiny-conv", "seeds"] == "0, 1"


def test_hooks_hear_of_epochs_trials_and_boards_and_cannot_harm_the_run(tmp_path: Path) -> None:
    faulty.heard.clear()
    recorder = Recorder()
    report = go(tmp_path, recorder, model=("tiny-conv",))
    epochs = [told for kind, told in faulty.heard if kind == "epoch"]  # benchbench_epoch_finished
    assert epochs == [("tiny-conv", 2.0)]
    assert ("trial", ("tiny-conv", "scored", True)) in faulty.heard  # benchbench_trial_finished
    assert ("board", report.written[0]) in faulty.heard  # benchbench_board_written
    assert recorder.warnings == [
        "benchbench_board_written of plugin test.faulty raised RuntimeError: a tracker without a network"
    ]


def test_the_report_is_json(tmp_path: Path) -> None:
    report = json.loads(go(tmp_path, model=("identity",)).to_json())
    assert report["results"][0]["scores"]["peak"]["mean"] > 0
    assert Path(report["boards"][0]).is_file()
