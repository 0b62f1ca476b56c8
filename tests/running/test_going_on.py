"""Trainings that go on with a larger budget: the same numbers as if it had been asked for at once."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import results
import toys
from click.testing import CliRunner
from climbing import FIRST, climb
from jobs import Recorder, go
from msgspec import structs
from trainings import Dropping

from benchbench.boards import collect
from benchbench.boards.board import boards_of
from benchbench.boards.notes import remarks_on
from benchbench.cli import main
from benchbench.contracts.budget import Budget
from benchbench.contracts.metric import Metric
from benchbench.data.prepared import PreparedDataset
from benchbench.files import load_tensors
from benchbench.processes import ChildProcess
from benchbench.results import history, store
from benchbench.results.trial import Trial, has_failed
from benchbench.running import worker
from benchbench.running.workspace import Workspace

METRICS: tuple[Metric, ...] = (toys.Peak(), toys.MeanError())


@pytest.fixture
def data(cache: Path) -> PreparedDataset:
    return toys.portraits(cache)


def trial_of(data: PreparedDataset, budget: str) -> Trial:
    return Trial(
        data.folder, data.label, data.fingerprint, 16, toys.Darken(), Dropping(), 0, Budget.parse(budget),
        metrics=METRICS,
    )  # fmt: skip


def do(
    data: PreparedDataset,
    out: Path,
    budget: str,
    *,
    last_step: int | None = None,
    first_rung: int = FIRST,
    **changes: object,
) -> Path:
    """Do a trial in a child process; returns the folder of its result."""
    trial = replace(trial_of(data, budget), **changes)  # type: ignore[arg-type]
    final = trial.folder(out)
    workspace = Workspace(final, out / "lock", data.folder, data.folder.parents[1], "cpu")
    reason = ChildProcess(climb, workspace, worker.pack(trial), last_step, first_rung).run()
    assert (reason is None) == (last_step is None), reason
    return final


def assert_same(one: Path, other: Path) -> None:
    """Equal to the byte, but for seconds and times of day."""
    for name in (store.SCORES, store.STRIP, store.SAMPLES, store.WORST, store.HISTOGRAMS):
        assert (one / name).read_bytes() == (other / name).read_bytes(), name
    mine, theirs = (load_tensors(folder / store.WEIGHTS) for folder in (one, other))
    assert all(mine[name].equal(theirs[name]) for name in mine)
    rows = [[row | {"seconds": 0.0} for row in history.read(folder)] for folder in (one, other)]
    assert rows[0] == rows[1]
    ours, others = (store.read(folder).record for folder in (one, other))
    assert (ours.scores, ours.training, ours.metrics) == (others.scores, others.training, others.metrics)
    assert [(r.flops, r.steps, r.validation_psnr, r.scores) for r in ours.rungs] == [
        (r.flops, r.steps, r.validation_psnr, r.scores) for r in others.rungs
    ]


@pytest.mark.parametrize(
    "first", ["33MFLOP", *(pytest.param(budget, marks=pytest.mark.slow) for budget in ("10MFLOP", "2epochs"))]
)
def test_a_larger_budget_goes_on_and_killed_twice_gives_the_same(
    data: PreparedDataset, tmp_path: Path, first: str
) -> None:
    at_once = do(data, tmp_path / "once", "100MFLOP")
    rungs = [rung.flops for rung in store.read(at_once).record.rungs]
    assert len(rungs) > 3
    do(data, tmp_path / "twice", first, last_step=2)
    do(data, tmp_path / "twice", first)
    do(data, tmp_path / "twice", "100MFLOP", last_step=22)
    again = do(data, tmp_path / "twice", "100MFLOP")
    assert_same(again, at_once)
    boards = [collect(tmp_path / name)[0][0] for name in ("once", "twice")]
    assert boards[0].rows.equals(boards[1].rows)


def test_what_was_trained_further_answers_a_smaller_budget(data: PreparedDataset, tmp_path: Path) -> None:
    final = do(data, tmp_path, "20MFLOP")
    before = (final / store.RESULT).read_bytes()
    assert do(data, tmp_path, "10MFLOP") == final
    assert (final / store.RESULT).read_bytes() == before


def test_a_failure_on_the_way_to_a_larger_budget_costs_no_score(data: PreparedDataset, tmp_path: Path) -> None:
    larger = trial_of(data, "1PFLOP")
    kept = results.publish(larger.folder(tmp_path), larger.describe(), {"peak": 20})
    (kept / store.CHECKPOINT).write_bytes(b"to go on from")
    before = store.read(kept).record
    worker.fail(larger, tmp_path, "took longer than 8 s")
    after = store.read(kept)
    assert after.record.reason == "training on to 1PFLOP failed: took longer than 8 s"
    assert structs.replace(after.record, reason=None, finished_at=before.finished_at) == before
    assert (kept / store.CHECKPOINT).read_bytes() == b"to go on from"
    assert has_failed(larger, after.record)
    assert not has_failed(replace(larger, budget=Budget.parse("1epochs")), after.record)
    assert after.record.reason in {note.text for note in remarks_on(boards_of([after])[0])}


@pytest.mark.slow
@pytest.mark.parametrize("first", ["10MFLOP", "30MFLOP"])
def test_tuned_killed_and_with_a_larger_budget_it_gives_the_same(
    data: PreparedDataset, tmp_path: Path, first: str
) -> None:
    """The smaller of the two budgets ends before the rates are tried to their end, which is after 20 MFLOP."""
    tuned = partial(do, data, first_rung=10**7, tuned=True)
    at_once = tuned(tmp_path / "once", "50MFLOP")
    tuned(tmp_path / "twice", first, last_step=2)
    small = tuned(tmp_path / "twice", first)
    assert len(list(small.glob(store.CHECKPOINTS))) == (3 if first == "10MFLOP" else 1)
    tuned(tmp_path / "twice", "50MFLOP", last_step=7 if first == "10MFLOP" else 15)
    again = tuned(tmp_path / "twice", "50MFLOP")
    assert_same(again, at_once)
    assert [path.name for path in again.glob(store.CHECKPOINTS)] == [store.CHECKPOINT]


@pytest.mark.slow
def test_a_run_that_fails_in_going_on_says_so_and_keeps_its_row(tmp_path: Path) -> None:
    go(tmp_path, model=("tiring",), budget="2epochs")
    report = go(tmp_path, model=("tiring",), budget="4epochs")
    (failed,) = report.failed
    assert failed.status == "scored"
    assert "training on to 4epochs failed: RuntimeError: tired" in str(failed.reason)
    assert list(report.boards[0].rows["model"]) == ["tiring"]
    assert not go(tmp_path, model=("tiring",), budget="2epochs").failed


def test_without_its_checkpoint_it_is_trained_anew_to_the_same(data: PreparedDataset, tmp_path: Path) -> None:
    (do(data, tmp_path / "twice", "10MFLOP") / store.CHECKPOINT).unlink()
    assert_same(do(data, tmp_path / "twice", "20MFLOP"), do(data, tmp_path / "once", "20MFLOP"))


def test_a_metric_that_came_later_is_scored_at_the_last_rung_only(data: PreparedDataset, tmp_path: Path) -> None:
    do(data, tmp_path, "10MFLOP", metrics=METRICS[:1])
    found = store.read(do(data, tmp_path, "10MFLOP"))
    tables = list(found.tables.values())
    assert "mean-error" in tables[-1]
    assert not any("mean-error" in table for table in tables[:-1])
    assert "mean-error" in found.record.scores == found.record.rungs[-1].scores
    assert (found.folder / store.CHECKPOINT).is_file()


def test_a_run_that_cannot_go_on_says_so_in_one_line(tmp_path: Path) -> None:
    go(tmp_path, model=("tiny-conv", "identity"), budget="1epochs")
    pruned = CliRunner().invoke(main, ["runs", "prune", "--runs", str(tmp_path)])
    assert pruned.output.startswith("1 checkpoints removed, 0.0 MB")
    assert not list(tmp_path.rglob("checkpoint*"))
    nowhere = CliRunner().invoke(main, ["runs", "prune", "--runs", str(tmp_path / "nowhere")])
    assert (nowhere.exit_code, "there is no folder" in nowhere.output) == (2, True)
    recorder = Recorder()
    go(tmp_path, recorder, model=("tiny-conv",), budget="2epochs")
    assert [text for text in recorder.warnings if "trained anew" in text] == [
        "1 trained model has no checkpoint to go on from, and is trained anew"
    ]
