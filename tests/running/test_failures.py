"""Whatever fails in a run: its trials say why, and all others finish."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path

import pytest
import toys
from jobs import Recorder, go, scores, statuses

from benchbench import BenchbenchError
from benchbench.results import store
from benchbench.running.request import RunRequest
from benchbench.running.run import run as _run

FAULTS = {
    "raise": "ZeroDivisionError: division by zero",
    "sys.exit": "SystemExit: 0",
    "os._exit": "the process ended by itself with exit code 0",
    "segfault": "the process was killed by SIGSEGV",
    "sigkill": "the process was killed by SIGKILL (out of memory?)",
    "memory": "MemoryError: cannot allocate 1 TB",
    "nan": "TrialError: the restored sitter-",
    "shape": "TrialError: restored images are",
}


def test_models_that_fail_leave_their_reasons_and_all_others_finish(tmp_path: Path) -> None:
    bad = {f"faulty:deed={deed}".replace(":deed=raise", ""): reason for deed, reason in FAULTS.items()}
    report = go(tmp_path, model=("identity", *bad, "tiny-conv"))
    assert statuses(report) == {"identity": "scored", "tiny-conv": "scored"} | dict.fromkeys(bad, "failed")
    reasons = {r.trial.model: r.reason for r in report.failed}
    assert {model: reasons[model][: len(reason)] for model, reason in bad.items()} == bad
    (board,) = report.boards
    logs = {row["model"]: (tmp_path / row["log"]).read_text() for row in board.failures}
    assert "ZeroDivisionError" in logs["faulty"]
    assert "in forward" in logs["faulty"]
    text = report.written[0].read_text()
    assert text.count("** failed: ") == len(bad)
    alone = go(tmp_path / "alone", model=("identity", "tiny-conv"))
    assert scores(alone) == scores(report)


@pytest.mark.slow
def test_a_model_that_hangs_is_given_up_and_the_others_finish(tmp_path: Path) -> None:
    report = go(tmp_path, model=("faulty:deed=hang", "identity"), timeout=8.0)
    assert statuses(report) == {"faulty:deed=hang": "failed", "identity": "scored"}
    assert report.failed[0].reason == "took longer than 8 s; --timeout allows it more"


def test_a_model_that_spoils_its_process_harms_no_other(tmp_path: Path) -> None:
    clean = go(tmp_path / "clean", model=("tiny-conv",), jobs=1)
    beside = go(tmp_path / "beside", model=("faulty:deed=spoil", "tiny-conv"), jobs=1)
    assert scores(beside)["tiny-conv"] == scores(clean)["tiny-conv"]


@pytest.mark.parametrize(
    ("deed", "reason"), [("raise", "ZeroDivisionError"), ("nan", "not finite"), ("shape", "turned")]
)
def test_a_degradation_that_fails_fails_its_trials_only(tmp_path: Path, deed: str, reason: str) -> None:
    report = go(tmp_path, degradation=(f"faulty-degradation:deed={deed}", "darken"), model=("identity", "tiny-conv"))
    by_degradation = {(r.trial.degradation.split(":")[0], r.status) for r in report.results}
    assert by_degradation == {("faulty-degradation", "failed"), ("darken", "scored")}
    assert all(reason in r.reason for r in report.failed)


@pytest.mark.parametrize("deed", ["raise", "os._exit", "segfault"])
def test_a_data_set_that_fails_is_one_error(tmp_path: Path, deed: str) -> None:
    with pytest.raises(BenchbenchError, match="faulty-data"):
        go(tmp_path, dataset=(f"faulty-data:deed={deed}",), model=("identity",))


def test_a_metric_that_kills_the_process_costs_a_stored_result_nothing(tmp_path: Path) -> None:
    fatal = "faulty-metric:deed=os._exit"
    first = go(tmp_path, model=("tiny-conv",), metric=("peak",)).results[0]
    later = go(tmp_path, model=("tiny-conv",), metric=("peak", fatal)).results[0]
    assert later.scores == first.scores
    assert later.training == first.training
    assert later.files | {store.SCORES: ""} == first.files | {store.SCORES: ""}
    assert later.metrics[fatal].unavailable == "failed: the process ended by itself with exit code 0"
    assert scores(go(tmp_path, model=("tiny-conv",))) == scores(go(tmp_path / "other", model=("tiny-conv",)))


def test_a_model_that_asks_for_the_truth_image_fails(tmp_path: Path) -> None:
    report = go(tmp_path, model=("peeking", "identity"))
    assert statuses(report) == {"peeking": "failed", "identity": "scored"}
    assert "peeking.sees has 'clean'; only region, face, truth may be seen" in report.failed[0].reason


def test_a_component_that_cannot_be_sent_to_a_process_fails_with_its_reason(tmp_path: Path) -> None:
    @dataclasses.dataclass(frozen=True)
    class Local(toys.TinyConv):
        """It holds what belongs to this process alone."""

        name = "local"
        lock = threading.Lock()

    registry = toys.registry()
    registry.of("model")["local"] = Local
    registry.origin[Local] = registry.origin[toys.TinyConv]
    request = RunRequest(
        size=16, budget="1epochs", out=tmp_path, device="cpu", model=("local", "identity"), with_references=False
    )
    report = _run(registry, request, Recorder())
    assert statuses(report) == {"local": "failed", "identity": "scored"}
    assert "cannot pickle" in report.failed[0].reason
