"""Whole runs on toy components: processes, faults, interruptions, hooks, boards."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import faulty
import pytest
import toys
from jobs import Recorder, go
from PIL import Image

from benchbench import BenchbenchError, SpecError, devices
from benchbench.results import store
from benchbench.results.trial import Trial
from benchbench.running import plan
from benchbench.running.run import Budget, Report, RunRequest
from benchbench.running.run import run as _run


def statuses(report: Report) -> dict[str, str]:
    return {r["trial"]["model"]: r["status"] for r in report.results}


def scores(report: Report) -> dict[str, Any]:
    return {r["trial"]["model"]: r["scores"] for r in report.results if r["status"] == "scored"}


GOOD = ("identity", "oracle", "tiny-conv")


def test_a_run_scores_every_model_and_a_second_one_does_nothing(tmp_path: Path) -> None:
    recorder = Recorder()
    first = go(tmp_path, recorder, model=GOOD)
    assert statuses(first) == dict.fromkeys(GOOD, "scored")
    files = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*/*/*/*/*") if p.is_file()}
    second = go(tmp_path, recorder, model=GOOD)
    assert recorder.plans == [(3, 3), (3, 0)]
    assert len({r["data"]["test_set"] for r in first.results}) == 1
    assert first.boards[0].setting.test_set == first.results[0]["data"]["test_set"] != ""
    assert second.results == first.results
    assert {p: p.stat().st_mtime_ns for p in files} == files
    assert [p.name for p in first.written] == ["darken.md", "README.md"]
    assert not list(tmp_path.rglob("*.partial"))


def test_neither_jobs_nor_order_nor_company_changes_a_number(tmp_path: Path) -> None:
    one = go(tmp_path / "one", model=GOOD, jobs=1)
    two = go(tmp_path / "two", model=tuple(reversed(GOOD)), jobs=2)
    alone = go(tmp_path / "alone", model=("tiny-conv",), jobs=1)
    assert scores(one) == scores(two)
    assert scores(alone)["tiny-conv"] == scores(one)["tiny-conv"]
    weights = [
        next((tmp_path / p).rglob("tiny-conv/*/model.safetensors")).read_bytes() for p in ("one", "two", "alone")
    ]
    assert weights[0] == weights[1] == weights[2]
    board = "leaderboards/toy-faces/darken.md"
    assert (tmp_path / "one" / board).read_text() == (tmp_path / "two" / board).read_text()


FAULTS = {
    "raise": "ZeroDivisionError: division by zero",
    "sys.exit": "SystemExit: 0",
    "os._exit": "the process ended by itself with exit code 0",
    "segfault": "the process was killed by SIGSEGV",
    "sigkill": "the process was killed by SIGKILL (out of memory?)",
    "memory": "MemoryError: cannot allocate 1 TB",
    "nan": "TrialError: restored",
    "shape": "TrialError: restored images are",
}


def test_models_that_fail_leave_their_reasons_and_all_others_finish(tmp_path: Path) -> None:
    bad = {f"faulty:deed={deed}".replace(":deed=raise", ""): reason for deed, reason in FAULTS.items()}
    report = go(tmp_path, model=("identity", *bad, "tiny-conv"))
    assert statuses(report) == {"identity": "scored", "tiny-conv": "scored"} | dict.fromkeys(bad, "failed")
    reasons = {r["trial"]["model"]: r["reason"] for r in report.failed}
    assert {model: reasons[model][: len(reason)] for model, reason in bad.items()} == bad
    (board,) = report.boards
    logs = {row["model"]: (tmp_path / row["log"]).read_text() for row in board.failures}
    assert "ZeroDivisionError" in logs["faulty"]
    assert "in forward" in logs["faulty"]
    text = report.written[0].read_text()
    assert text.count("** failed: ") == len(bad)
    alone = go(tmp_path / "alone", model=("identity", "tiny-conv"))
    assert scores(alone) == scores(report)


def test_a_model_that_hangs_is_given_up_and_the_others_finish(tmp_path: Path) -> None:
    report = go(tmp_path, model=("faulty:deed=hang", "identity"), timeout=8.0)
    assert statuses(report) == {"faulty:deed=hang": "failed", "identity": "scored"}
    assert report.failed[0]["reason"] == "took longer than 8 s; --timeout allows it more"


def test_a_model_that_spoils_its_process_harms_no_other(tmp_path: Path) -> None:
    clean = go(tmp_path / "clean", model=("tiny-conv",), jobs=1)
    beside = go(tmp_path / "beside", model=("faulty:deed=spoil", "tiny-conv"), jobs=1)
    assert scores(beside)["tiny-conv"] == scores(clean)["tiny-conv"]


@pytest.mark.parametrize(
    ("deed", "reason"), [("raise", "ZeroDivisionError"), ("nan", "not finite"), ("shape", "turned")]
)
def test_a_degradation_that_fails_fails_its_trials_only(tmp_path: Path, deed: str, reason: str) -> None:
    report = go(tmp_path, degradation=(f"faulty-degradation:deed={deed}", "darken"), model=("identity", "tiny-conv"))
    by_degradation = {(r["trial"]["degradation"].split(":")[0], r["status"]) for r in report.results}
    assert by_degradation == {("faulty-degradation", "failed"), ("darken", "scored")}
    assert all(reason in r["reason"] for r in report.failed)


@pytest.mark.parametrize("deed", ["raise", "os._exit", "segfault"])
def test_a_data_set_that_fails_is_one_error(tmp_path: Path, deed: str) -> None:
    with pytest.raises(BenchbenchError, match="faulty-data"):
        go(tmp_path, dataset=(f"faulty-data:deed={deed}",), model=("identity",))


def test_failed_trials_are_tried_again_and_done_ones_are_not(tmp_path: Path) -> None:
    recorder = Recorder()
    for _ in range(2):
        go(tmp_path, recorder, model=("faulty", "identity"))
    assert recorder.plans == [(2, 2), (2, 1)]


def test_a_skipped_trial_is_not_tried_again_while_its_reason_holds(tmp_path: Path) -> None:
    recorder = Recorder()
    for _ in range(2):
        go(tmp_path, recorder, degradation=("grain",), model=("oracle", "identity"))
        go(
            tmp_path,
            recorder,
            dataset=("toy-faces:masked=false",),
            degradation=("darken:region=face",),
            model=("identity",),
        )
    assert recorder.plans == [(2, 2), (1, 1), (2, 0), (1, 0)]


def test_every_board_has_its_frame(tmp_path: Path) -> None:
    report = go(tmp_path, model=("tiny-conv",), frame=True)
    assert statuses(report) == dict.fromkeys(("identity", "oracle", "tiny-conv"), "scored")
    assert "recovered" in report.boards[0].rows


def test_fresh_runs_everything_again(tmp_path: Path) -> None:
    recorder = Recorder()
    for fresh in (False, True):
        go(tmp_path, recorder, model=("identity",), fresh=fresh)
    assert recorder.plans == [(1, 1), (1, 1)]


def test_a_metric_asked_for_later_is_added_without_training(tmp_path: Path) -> None:
    go(tmp_path, model=("tiny-conv",), metric=("peak",))
    history = next(tmp_path.rglob("history.csv")).read_text()
    later = go(tmp_path, model=("tiny-conv",))
    assert next(tmp_path.rglob("history.csv")).read_text() == history
    both = go(tmp_path / "both", model=("tiny-conv",))
    assert scores(later) == scores(both)
    assert later.results[0]["training"]["steps"] == both.results[0]["training"]["steps"]


def test_a_cell_without_an_inverse_is_skipped_with_its_reason(tmp_path: Path) -> None:
    report = go(tmp_path, degradation=("grain",), model=("oracle", "identity"))
    assert statuses(report) == {"oracle": "skipped", "identity": "scored"}
    assert not report.failed
    assert "grain has no ideal inverse" in report.written[0].read_text()


def test_a_region_without_masks_is_skipped(tmp_path: Path) -> None:
    report = go(tmp_path, dataset=("toy-faces:masked=false",), degradation=("darken:region=face",), model=("identity",))
    assert report.results[0]["status"] == "skipped"
    assert "needs face masks" in report.results[0]["reason"]


def test_degrading_the_face_only_scores_inside_it_too(tmp_path: Path) -> None:
    report = go(tmp_path, degradation=("darken:region=face",), model=("identity",))
    found = report.results[0]["scores"]
    assert found["mean-error@region"]["mean"] == pytest.approx(found["mean-error@face"]["mean"])
    assert found["mean-error@region"]["mean"] > found["mean-error"]["mean"]


def test_chains_run(tmp_path: Path) -> None:
    report = go(tmp_path, degradation=("darken+grain:sigma=0.2",), model=("identity", "oracle"))
    assert statuses(report) == {"identity": "scored", "oracle": "skipped"}
    assert report.written[0].name == "darken+grain,sigma=0.2.md"


def test_results_record_all_that_matters(tmp_path: Path) -> None:
    (result,) = go(tmp_path, model=("tiny-conv",), seed=(3,)).results
    assert result["trial"]["seed"] == 3
    assert result["trial"]["budget"] == "2 epochs"
    assert len(result["trial"]["fingerprint"]) == 16
    assert result["protocol"]["version"] >= 1
    assert result["protocol"]["splits"] == {"train": 0.8, "validation": 0.1, "test": 0.1}
    assert result["origin"]["model"] == [{"plugin": "test.toys", "distribution": "?", "version": "?"}]
    assert result["timing"]["device"] == "cpu"
    assert {"torch", "numpy", "scikit-image"} <= set(result["environment"]["libraries"])
    assert result["metrics"]["peak"]["higher_is_better"] is True
    pictures = {"samples.png", "worst.png", "histograms.png", "training.png"}
    assert set(result["files"]) == {"metrics.parquet", "history.csv", "model.safetensors"} | pictures


def test_watching_gradients_changes_no_number_and_no_key(tmp_path: Path) -> None:
    reports = [
        go(tmp_path / name, model=("tiny-conv",), watch_gradients=name == "watched") for name in ("not", "watched")
    ]
    (plain,), (watched,) = (report.results for report in reports)
    assert plain["key"] == watched["key"]
    assert plain["scores"] == watched["scores"]
    rest = {"history.csv"}
    assert {n: d for n, d in plain["files"].items() if n not in rest} == {
        n: d for n, d in watched["files"].items() if n not in rest
    }
    columns = [next((tmp_path / name).rglob("history.csv")).read_text().splitlines()[0] for name in ("not", "watched")]
    assert columns[1] == columns[0] + ",gradient/all"
    drawn = [path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("darken-gradients.png")]
    assert drawn == ["watched"]


def test_gradients_watched_in_another_training_come_onto_the_board(tmp_path: Path) -> None:
    go(tmp_path, model=("tiny-conv",))
    go(tmp_path, unheeded := Recorder(), model=("identity", "tiny-conv"), watch_gradients=True)
    assert [text for text in unheeded.warnings if "the gradients of 1 trainings that are done" in text]
    go(tmp_path, heeded := Recorder(), model=("tiny-conv",), watch_gradients=True, fresh=True)
    assert not [text for text in heeded.warnings if "gradients" in text]
    assert list(tmp_path.rglob("darken-gradients.png"))


def test_the_worst_images_are_named_and_kept(tmp_path: Path) -> None:
    (result,) = go(tmp_path, model=("identity",)).results
    folder = next(tmp_path.glob(f"*/*/*/{result['key']}"))
    first = store.first_metric(result)
    table = store.read_scores(folder)[first]
    assert len(result["worst"]) == 4
    rest = table.drop(result["worst"])
    assert table[result["worst"]].max() <= rest.min()
    assert list(table[result["worst"]]) == sorted(table[result["worst"]])
    with Image.open(folder / "worst.png") as worst, Image.open(folder / "samples.png") as samples:
        assert worst.height == samples.height == 3 * result["trial"]["size"]
        assert worst.width == 4 * result["trial"]["size"]


def test_several_seeds_train_several_times_and_share_a_row(tmp_path: Path) -> None:
    report = go(tmp_path, model=("tiny-conv", "identity"), seed=(0, 1))
    assert len(report.results) == 3
    rows = report.boards[0].rows.set_index("model")
    values = [r["scores"]["peak"]["mean"] for r in report.results if r["trial"]["model"] == "tiny-conv"]
    assert values[0] != values[1]
    assert rows.loc["tiny-conv", "peak"] == pytest.approx(sum(values) / 2)
    assert rows.loc["tiny-conv", "seeds"] == "0, 1"


def test_hooks_hear_of_epochs_trials_and_boards_and_cannot_harm_the_run(tmp_path: Path) -> None:
    faulty.heard.clear()
    recorder = Recorder()
    report = go(tmp_path, recorder, model=("tiny-conv",))
    epochs = [told for kind, told in faulty.heard if kind == "epoch"]  # benchbench_epoch_finished
    assert epochs == [("tiny-conv", 1.0), ("tiny-conv", 2.0)]
    assert ("trial", ("tiny-conv", "scored", True)) in faulty.heard  # benchbench_trial_finished
    assert ("board", report.written[0]) in faulty.heard  # benchbench_board_written
    assert recorder.warnings == [
        "benchbench_board_written of plugin test.faulty raised RuntimeError: a tracker without a network"
    ]


def test_the_report_is_json(tmp_path: Path) -> None:
    report = json.loads(go(tmp_path, model=("identity",)).to_json())
    assert report["results"][0]["scores"]["peak"]["mean"] > 0
    assert Path(report["boards"][0]).is_file()


@pytest.mark.parametrize(("options", "message"), [
    ({"model": ("tiny-conf",)}, "unknown model 'tiny-conf': did you mean 'tiny-conv'"),
    ({"degradation": ("darken:factor=7",)}, "factor=7 is not legal"),
    ({"metric": ("peek",)}, "unknown metric 'peek'"),
    ({"budget": "much"}, "'much' is no budget"),
    ({"device": "cuda:99"}, "device 'cuda:99' cannot be used"),
    ({"device": "toaster"}, "device 'toaster' cannot be used"),
])  # fmt: skip
def test_a_mistake_is_told_before_anything_is_written(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        go(tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_an_output_folder_that_cannot_be_written_is_told_first(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BenchbenchError, match=r"cannot write to .*file"):
        go(tmp_path / "file" / "out", model=("identity",))


def test_a_nearly_full_disk_is_told_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchbench.running.run.LEAST_FREE_BYTES", 10**18)
    with pytest.raises(BenchbenchError, match="MB are free"):
        go(tmp_path, model=("identity",))


def test_a_damaged_result_is_made_again(tmp_path: Path) -> None:
    first = go(tmp_path, model=("identity",))
    scores_file = next(tmp_path.rglob("identity/*/metrics.parquet"))
    scores_file.write_bytes(scores_file.read_bytes()[:-10])
    assert scores(go(tmp_path, model=("identity",))) == scores(first)


def test_a_whole_result_that_only_lacked_its_name_is_kept(tmp_path: Path, cache: Path) -> None:
    report = go(tmp_path, model=("tiny-conv",))
    final = next(tmp_path.rglob("tiny-conv/*/result.json")).parent
    final.rename(store.work_folder(final))
    again = go(tmp_path, model=("tiny-conv",))
    assert again.results == report.results


def test_jobs_are_as_many_as_cores_and_memory_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    for cores, gigabytes, threads, jobs in ((1, 8, 1, 1), (2, 24, 1, 2), (16, 12, 1, 8), (16, 64, 4, 4), (1, 1, 1, 1)):
        monkeypatch.setattr("benchbench.devices.cores", lambda cores=cores: cores)
        monkeypatch.setattr("benchbench.devices.memory", lambda gigabytes=gigabytes: gigabytes * 10**9)
        assert devices.default_jobs("cpu", threads) == jobs


@pytest.mark.parametrize(
    ("files", "cores", "gigabytes"),
    [({}, 64, 256), ({"pod/cpu.max": "250000 100000", "pod/memory.max": "8000000000"}, 3, 8),
     ({"cpu.max": "400000 100000", "pod/cpu.max": "max 100000", "pod/memory.max": "max"}, 4, 256),
     ({"pod/cpu.max": "20000 100000", "memory.max": "16000000000"}, 1, 16)],
)  # fmt: skip
def test_a_container_is_given_no_more_jobs_than_it_may_do(
    files: dict[str, str], cores: int, gigabytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pod").mkdir()
    for name, text in {"own": "1:name=systemd:/\n0::/pod\n", **files}.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr("benchbench.devices.CONTROL_GROUPS", tmp_path)
    monkeypatch.setattr("benchbench.devices.OWN_GROUP", tmp_path / "own")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(64), raising=False)
    monkeypatch.setattr(os, "sysconf", {"SC_PAGE_SIZE": 1000, "SC_PHYS_PAGES": 256_000_000}.get)
    assert (devices.cores(), devices.memory()) == (cores, gigabytes * 10**9)


def test_other_threads_are_another_result(tmp_path: Path) -> None:
    recorder = Recorder()
    for threads in (1, 2, 1):
        go(tmp_path, recorder, model=("identity",), threads=threads)
    assert recorder.plans == [(1, 1), (1, 1), (1, 0)]


@pytest.mark.parametrize("model", ["identity", "oracle", "tiny-conv"])
def test_fewer_metrics_take_none_away_and_more_are_added(tmp_path: Path, model: str) -> None:
    both = go(tmp_path / "both", model=(model,))
    for metric in ("mean-error", "peak", "mean-error"):
        later = go(tmp_path, model=(model,), metric=(metric,))
    assert statuses(later) == {model: "scored"}
    assert scores(later) == scores(both)


def test_where_it_was_trained_stays_when_metrics_are_added(tmp_path: Path) -> None:
    first = go(tmp_path, model=("tiny-conv",), metric=("peak",)).results[0]
    later = go(tmp_path, model=("tiny-conv",)).results[0]
    assert {k: later[k] for k in ("timing", "environment", "training")} == {
        k: first[k] for k in ("timing", "environment", "training")
    }


def test_a_metric_that_can_be_had_now_is_added(tmp_path: Path) -> None:
    weights = tmp_path / "weights"
    metric = f"weighted:weights={weights}"
    request = {"model": ("identity",), "metric": ("peak", metric)}
    recorder = Recorder()
    found = go(tmp_path, recorder, **request).results[0]["metrics"][metric]
    assert found["unavailable"] == f"needs {weights}"
    go(tmp_path, recorder, **request)
    weights.touch()
    assert go(tmp_path, recorder, **request).results[0]["scores"][metric]["mean"] == 1
    assert recorder.plans == [(1, 1), (1, 0), (1, 1)]


def test_what_the_data_lack_is_not_asked_for_again(tmp_path: Path) -> None:
    """A metric of regions, on images without masks and a degradation without a region."""
    recorder = Recorder()
    for _ in range(2):
        report = go(
            tmp_path,
            recorder,
            toys.registry("regional"),
            dataset=("toy-faces:masked=false",),
            metric=("peak", "inside"),
        )
    assert "needs face masks" in report.results[0]["metrics"]["inside"]["unavailable"]
    assert recorder.plans[1][1] == 0


def test_new_metrics_tell_no_hook_of_epochs_again(tmp_path: Path) -> None:
    faulty.heard.clear()
    recorder = Recorder()
    for metric in (("peak",), ("peak", "mean-error")):
        go(tmp_path, recorder, model=("tiny-conv",), budget="3epochs", metric=metric)
    assert [kind for kind, _ in faulty.heard].count("epoch") == 3
    assert recorder.scored == [0, 1]


def test_two_runs_in_one_folder_lose_nothing(tmp_path: Path) -> None:
    alone = go(tmp_path / "alone", model=GOOD)
    with ThreadPoolExecutor(2) as threads:
        runs = [threads.submit(go, tmp_path / "shared", model=GOOD) for _ in range(2)]
        reports = [run.result() for run in runs]
    assert all(scores(report) == scores(alone) for report in reports)
    assert not list((tmp_path / "shared").rglob("*.partial"))


def test_two_runs_in_one_folder_do_no_trial_twice(tmp_path: Path) -> None:
    request = {"model": (f"counted:file={tmp_path / 'count'}", "identity"), "seed": range(4)}
    with ThreadPoolExecutor(2) as threads:
        reports = [run.result() for run in [threads.submit(go, tmp_path / "out", **request) for _ in range(2)]]
    assert (tmp_path / "count").read_text() == "built\n" * 8  # to be trained, and to be scored by what is stored
    assert reports[0].results == reports[1].results
    assert len(reports[0].results) == 5


def test_a_metric_that_kills_the_process_costs_a_stored_result_nothing(tmp_path: Path) -> None:
    fatal = "faulty-metric:deed=os._exit"
    first = go(tmp_path, model=("tiny-conv",), metric=("peak",)).results[0]
    later = go(tmp_path, model=("tiny-conv",), metric=("peak", fatal)).results[0]
    assert later["scores"] == first["scores"]
    assert later["training"] == first["training"]
    assert later["files"] | {store.SCORES: ""} == first["files"] | {store.SCORES: ""}
    assert later["metrics"][fatal]["unavailable"] == "failed: the process ended by itself with exit code 0"
    assert scores(go(tmp_path, model=("tiny-conv",))) == scores(go(tmp_path / "other", model=("tiny-conv",)))


@pytest.mark.parametrize("junk", [b"", b"junk" * 100, b"\x02\0\0\0\0\0\0\0{}"])
def test_a_damaged_checkpoint_is_no_obstacle(tmp_path: Path, junk: bytes) -> None:
    first = go(tmp_path, model=("tiny-conv",))
    final = next(tmp_path.rglob("tiny-conv/*/result.json")).parent
    shutil.rmtree(final)
    store.work_folder(final).mkdir()
    (store.work_folder(final) / "checkpoint.safetensors").write_bytes(junk)
    assert scores(go(tmp_path, model=("tiny-conv",))) == scores(first)
    assert not list(tmp_path.rglob("checkpoint*"))


def test_a_disk_that_is_full_by_now_stops_the_run_with_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(store, "write_json", full)  # here; the trials' processes have their own
    with pytest.raises(BenchbenchError, match=r"cannot write to .*: No space left on device; the same command goes on"):
        go(tmp_path, model=("identity", "faulty:deed=os._exit"), jobs=1)
    monkeypatch.undo()
    recorder = Recorder()
    go(tmp_path, recorder, model=("identity", "faulty:deed=os._exit"))
    assert recorder.plans == [(2, 1)]


def test_a_link_in_place_of_a_work_folder_is_not_followed(tmp_path: Path) -> None:
    first = go(tmp_path / "out", model=("identity",))
    final = next(tmp_path.rglob("identity/*/result.json")).parent
    precious = tmp_path / "precious"
    final.rename(precious)
    for link in (final, store.work_folder(final)):
        link.symlink_to(precious)
    (precious / store.RESULT).unlink()
    before = sorted(os.listdir(precious))
    assert scores(go(tmp_path / "out", model=("identity",))) == scores(first)
    assert sorted(os.listdir(precious)) == before


def test_ctrl_c_once_writes_the_boards_of_what_is_done(tmp_path: Path) -> None:
    class Impatient(Recorder):
        def finished(self, trial: Trial, result: dict[str, Any]) -> None:
            super().finished(trial, result)
            raise KeyboardInterrupt

    recorder = Impatient()
    report = go(tmp_path, recorder, model=("identity", "tiny-conv"), jobs=1)
    assert report.interrupted
    assert recorder.warnings[0] == "stopping: the boards of what is done are written; Ctrl-C again stops at once"
    assert statuses(report) == {"identity": "scored"}
    assert "identity" in report.written[0].read_text()
    assert scores(go(tmp_path, model=("identity", "tiny-conv"))) == scores(
        go(tmp_path / "other", model=("identity", "tiny-conv"))
    )


@pytest.mark.parametrize("memory", ["4", "GB", "4 bananas", "0GB", "-1GB", "1e3GB", ""])
def test_what_is_no_amount_of_memory_is_refused(tmp_path: Path, memory: str) -> None:
    with pytest.raises(SpecError, match="is no amount of memory"):
        devices.parse_bytes(memory)


@pytest.mark.parametrize(
    ("text", "size", "shown"),
    [
        ("4GB", 4 * 10**9, "4 GB"),
        ("512 MiB", 2**29, "537 MB"),
        ("1.5gb", 1_500_000_000, "1.5 GB"),
        ("2TB", 2 * 10**12, "2 TB"),
    ],
)
def test_amounts_of_memory_are_read_and_shown(text: str, size: int, shown: str) -> None:
    assert devices.parse_bytes(text) == size
    assert devices.format_bytes(size) == shown


def test_all_sections_of_a_board_file_stay(tmp_path: Path) -> None:
    go(tmp_path, model=("tiny-conv",), budget="1epochs")
    text = go(tmp_path, model=("tiny-conv",), budget="2epochs").written[0].read_text()
    assert text.count("\n## ") == 2


def test_a_model_that_asks_for_the_truth_image_fails(tmp_path: Path) -> None:
    report = go(tmp_path, model=("peeking", "identity"))
    assert statuses(report) == {"peeking": "failed", "identity": "scored"}
    assert "peeking.sees has 'clean'; only region, face, truth may be seen" in report.failed[0]["reason"]


def test_untrained_models_come_first_and_have_no_seed(tmp_path: Path) -> None:
    registry = toys.registry()
    models = plan.choose(registry, "model", ["tiny-conv", "identity"])
    data = [plan.Prepared(tmp_path, "x", "f", 16)]
    grid = plan.trials(
        registry, data, plan.choose(registry, "degradation", ["darken"]), models, Budget.parse("1epochs"), [5]
    )
    assert [(str(t.model), t.seed) for t in grid] == [("identity", None), ("tiny-conv", 5)]


def test_the_key_changes_with_what_determines_the_result_and_with_nothing_else(tmp_path: Path) -> None:
    registry = toys.registry()
    base = Trial(
        tmp_path, "label", "f", 16, registry.resolve("degradation", "darken"), registry.resolve("model", "tiny-conv"), 0,
        Budget.parse("quick"),
    )  # fmt: skip
    other = {
        "fingerprint": "g",
        "size": 32,
        "degradation": registry.resolve("degradation", "darken:factor=0.3"),
        "model": registry.resolve("model", "identity"),
        "seed": 1,
        "budget": Budget.parse("6TFLOP"),
    }
    same = {
        "data": tmp_path / "elsewhere",
        "dataset": "renamed",
        "budget": Budget.parse("5TFLOP"),
        "origin": {"a": 1},
    }
    keys = {dataclasses.replace(base, **{name: value}).key for name, value in other.items()} | {base.key}
    assert len(keys) == len(other) + 1
    assert {dataclasses.replace(base, **{name: value}).key for name, value in same.items()} == {base.key}


def test_a_component_that_cannot_be_sent_to_a_process_fails_with_its_reason(tmp_path: Path) -> None:
    @dataclasses.dataclass(frozen=True)
    class Local(toys.TinyConv):
        """Defined where no other process can import it."""

        name = "local"

    registry = toys.registry()
    registry.components["model"]["local"] = Local
    registry.origin[Local] = registry.origin[toys.TinyConv]
    request = RunRequest(
        size=16, budget="1epochs", out=tmp_path, device="cpu", model=("local", "identity"), frame=False
    )
    report = _run(registry, request, Recorder())
    assert statuses(report) == {"local": "failed", "identity": "scored"}
    assert "Can't pickle" in report.failed[0]["reason"] or "Can't get local object" in report.failed[0]["reason"]
