"""Several trials or runs at once, and runs that are stopped: no number changes and no result is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from jobs import Recorder, go, scores, statuses

from benchbench.results.record import Record
from benchbench.results.trial import Trial

GOOD = ("identity", "oracle", "tiny-conv")


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


def test_two_runs_in_one_folder_do_no_trial_twice(tmp_path: Path) -> None:
    request = {"model": (f"counted:file={tmp_path / 'count'}", "identity"), "seed": range(4)}
    with ThreadPoolExecutor(2) as threads:
        reports = [run.result() for run in [threads.submit(go, tmp_path / "out", **request) for _ in range(2)]]
    assert (
        tmp_path / "count"
    ).read_text() == "built\n" * 12  # to be trained, to be fitted, and to be scored by what is stored
    assert reports[0].results == reports[1].results
    assert len(reports[0].results) == 5


def test_ctrl_c_once_writes_the_boards_of_what_is_done(tmp_path: Path) -> None:
    class Impatient(Recorder):
        def finished(self, trial: Trial, record: Record) -> None:
            super().finished(trial, record)
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
