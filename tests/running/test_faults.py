"""The matrix of faults: whatever a plugin does, its row says what happened, and all other rows stay what they are."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import command
import psutil
import pytest

from benchbench.results import store
from benchbench.results.history import read
from benchbench.results.layout import slug

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
HEALTHY = ("identity", "oracle", "tiny-conv")
PLUGINS = ("toys", "faulty", "vanishing", "polluting", "unimportable")
HARMLESS = None
"""It does what harms nobody, itself included: it is scored."""
MEMORY = r"cannot allocate|can't allocate memory|CUDA out of memory"
FAULTS: dict[str, str | None] = {
    "vanishing": r"ImportError: libmissing.so: cannot open shared object file",
    "faulty:at=build": r"ZeroDivisionError: division by zero",
    "faulty": r"ZeroDivisionError: division by zero",
    "faulty-training": r"ZeroDivisionError: division by zero",
    "faulty:at=unavailable": r"ZeroDivisionError: division by zero",
    "faulty:deed=nan": r"TrialError: the restored sitter-\d+ has values that are not finite",
    "faulty:deed=infinity": r"TrialError: the restored sitter-\d+ has values that are not finite",
    "faulty-training:deed=nan": r"TrialError: the training loss became nan by step \d+",
    "faulty:deed=shape": r"TrialError: restored images are \(\d, 1, 16, 16\), not \(\d, 3, 16, 16\)",
    "faulty:deed=bytes": r"TrialError: restored images are torch.uint8, not of a floating-point type",
    "faulty:deed=text": r"TrialError: restored images are str, not",
    "faulty:deed=nothing": r"TrialError: restored images are NoneType, not",
    "faulty:deed=sys.exit": r"SystemExit: 0",
    "faulty:deed=sys.exit,at=build": r"SystemExit: 0",
    "faulty:deed=os._exit": r"the process ended by itself with exit code 0",
    "faulty-training:deed=os._exit": r"the process ended by itself with exit code 0",
    "faulty:deed=abort": r"the process was killed by SIGABRT",
    "faulty:deed=segfault": r"the process was killed by SIGSEGV",
    "faulty:deed=sigkill": r"the process was killed by SIGKILL \(out of memory\?\)",
    "faulty:deed=orphans": r"the process was killed by SIGKILL \(out of memory\?\)",
    "faulty:deed=recursion": r"RecursionError: maximum recursion depth exceeded",
    "faulty:deed=memory": r"MemoryError: cannot allocate 1 TB",
    "faulty:deed=torch-memory": MEMORY,
    "faulty:deed=gpu-memory": MEMORY,
    "faulty-training:deed=gpu-memory": MEMORY,
    "faulty-training:deed=gpu-memory,bears=4": HARMLESS,
    "faulty:deed=children": HARMLESS,
    "faulty:deed=flood": HARMLESS,
    "faulty:deed=stdout": HARMLESS,
    "faulty:deed=descriptors": r"TrialError: the process's log or its descriptors were closed, replaced or removed",
    "faulty:deed=directory": HARMLESS,
    "faulty:deed=directory,at=build": HARMLESS,
    "faulty:deed=seeds": HARMLESS,
    "faulty:deed=threads,at=build": HARMLESS,
    "faulty:deed=dtype,at=build": HARMLESS,
    "polluting": HARMLESS,
    "faulty:deed=patch,at=build": HARMLESS,
    "strange": r"TypeError: a result cannot hold object",
    "strange:note=unpicklable": HARMLESS,
    "faulty:deed=delete": r"TrialError: the process's log or its descriptors were closed, replaced or removed",
    "faulty:deed=disk": r"OSError: .*File too large",
    "faulty:deed=read-only": r"PermissionError: .*Permission denied",
    "faulty:deed=clock,at=build": HARMLESS,
    "faulty:deed=thread": HARMLESS,
    "faulty:deed=stay": HARMLESS,
}
LIMITED = {
    "faulty:deed=loop": r"took longer than 20 s; --timeout allows it more",
    "faulty:deed=hang": r"took longer than 20 s; --timeout allows it more",
    "faulty:deed=hoard": r"needed more than 2 GB of memory; --memory allows it more",
    "faulty-training:deed=hang": r"took longer than 20 s; --timeout allows it more",
}


@dataclass(frozen=True)
class Outcome:
    """What a run left."""

    out: Path
    report: dict[str, Any]
    messages: str

    def result(self, model: str) -> dict[str, Any]:
        (found,) = (r for r in self.report["results"] if r["trial"]["model"] == model)
        return found

    def folder(self, model: str) -> Path:
        return self.out / "toy-faces" / "darken" / slug(model) / self.result(model)["key"]

    def log(self, model: str) -> str:
        return (self.folder(model) / store.LOG).read_text(errors="replace")


def carried_out(folder: Path, *models: str, options: tuple[object, ...] = (), code: int = 1) -> Outcome:
    env = command.environment(folder / "site", *PLUGINS, cache=folder / "cache")
    chosen = [*command.options("--model", *models), "--budget", "2epochs", "--jobs", "2", "--json"]
    done = command.run(*chosen, "--out", folder / "out", *options, env=env, code=code)
    return Outcome(folder / "out", json.loads(done.stdout), done.stderr)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return carried_out(tmp_path_factory.mktemp("alone"), *HEALTHY, code=0)


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """The faulty models come first, so that all that is shared is made beside them."""
    return carried_out(tmp_path_factory.mktemp("beside"), *FAULTS, *HEALTHY)


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    options = ("--timeout", 20, "--memory", "2GB")
    return carried_out(tmp_path_factory.mktemp("limited"), *LIMITED, *HEALTHY, options=options)


def row(outcome: Outcome, model: str) -> dict[str, Any]:
    """All that a trial stored, without its times."""
    folder = outcome.folder(model)
    content = json.loads((folder / store.RESULT).read_text())
    for name in ("timing", "finished_at"):
        del content[name]
    for rung in content.get("rungs", ()):
        del rung["seconds"]
    content["files"].pop(store.HISTORY, None)  # it has the seconds
    history = [{k: v for k, v in r.items() if k != "seconds"} for r in read(folder)]
    files = {name: (folder / name).read_bytes() for name in content["files"]}
    return {"content": content, "history": history, "log": (folder / store.LOG).read_text(), **files}


@pytest.mark.parametrize("model", FAULTS)
def test_the_row_of_a_faulty_model_says_what_happened(beside: Outcome, model: str) -> None:
    check_row(beside, model, FAULTS[model])


@pytest.mark.parametrize("model", LIMITED)
def test_the_row_of_a_model_that_takes_too_much_says_how_much_it_had(limited: Outcome, model: str) -> None:
    check_row(limited, model, LIMITED[model])


def check_row(outcome: Outcome, model: str, reason: str | None) -> None:
    result = outcome.result(model)
    if reason is HARMLESS:
        assert (result["status"], result["reason"]) == ("scored", None)
        return
    assert result["status"] == "failed"
    assert re.search(reason, result["reason"]), result["reason"]
    assert "\n" not in result["reason"]
    assert str(outcome.out) not in result["reason"], "boards are published"
    (board,) = json.loads((outcome.out / "leaderboards" / "toy-faces" / "darken.json").read_text())
    (shown,) = (entry for entry in board["not_scored"] if entry["model"] == model)
    assert shown["reason"] == result["reason"]
    assert outcome.out / shown["log"] == outcome.folder(model) / store.LOG
    assert (outcome.out / shown["log"]).is_file()
    text = (outcome.out / "leaderboards" / "toy-faces" / "darken.md").read_text()
    assert sum(line.startswith("- **") and " failed: " in line for line in text.splitlines()) == len(
        board["not_scored"]
    )


@pytest.mark.parametrize("model", HEALTHY)
def test_the_rows_of_all_others_are_what_they_are_without_it(
    alone: Outcome, beside: Outcome, limited: Outcome, model: str
) -> None:
    assert row(beside, model) == row(alone, model)
    assert row(limited, model) == row(alone, model)


def test_there_are_enough_faults() -> None:
    assert len(FAULTS) + len(LIMITED) >= 25


def test_a_plugin_that_cannot_be_imported_is_named_and_the_rest_still_run(tmp_path: Path, alone: Outcome) -> None:
    env = command.environment(tmp_path / "site", *PLUGINS, cache=tmp_path / "cache")
    done = command.run("--model", "identity", "--out", tmp_path / "out", env=env, code=0)
    (line,) = (line for line in done.stderr.splitlines() if "unimportable" in line)
    assert "left out: ImportError: needs libmissing, which is not installed" in line


def test_what_plugins_print_goes_to_their_logs(beside: Outcome) -> None:
    log = beside.log("faulty:deed=stdout")
    for source in ("print", "the true standard output", "descriptor 1", "descriptor 2", "a child"):
        assert f"from {source}\n" in log
        assert f"from {source}" not in beside.messages
    assert "Traceback" not in beside.messages


def test_a_log_that_nobody_could_read_keeps_its_beginning_and_end(beside: Outcome) -> None:
    log = beside.log("faulty:deed=flood")
    assert len(log) < 1_100_000
    assert re.search(r"… 10\d,\d{3},\d{3} bytes left out …", log)


@pytest.mark.parametrize("model", ["faulty:deed=children", "faulty:deed=orphans"])
def test_leftover_children_are_ended(beside: Outcome, model: str) -> None:
    found = re.search(r"children (\d+) (\d+)", beside.log(model))
    assert found
    for pid in map(int, found.groups()):
        assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_failure_keeps_its_traceback_in_its_log(beside: Outcome) -> None:
    assert "in forward" in beside.log("faulty")
    assert "in build" in beside.log("faulty:at=build")
    assert "in training_step" in beside.log("faulty-training")
    assert "vanishing.py" in beside.log("vanishing")


def test_a_batch_that_does_not_fit_is_halved_and_the_board_says_so(beside: Outcome) -> None:
    model = "faulty-training:deed=gpu-memory,bears=4"
    note = "trained with batches of 4: 8 images did not fit into memory"
    assert beside.result(model)["model"]["notes"] == [note]
    assert beside.result(model)["training"]["batch"] == 4
    assert note in (beside.out / "leaderboards" / "toy-faces" / "darken.md").read_text()
    tried = re.findall(r"batches of (\d+) do not fit", beside.log("faulty-training:deed=gpu-memory"))
    assert tried == ["8", "4", "2"]


def test_nothing_is_left_of_any_trial_but_its_result(beside: Outcome, limited: Outcome) -> None:
    for outcome in (beside, limited):
        assert not list(outcome.out.rglob("*.partial"))
        assert all(isinstance(found, store.Result) for _, found in store.find(outcome.out))
        assert os.listdir(outcome.out / "toy-faces") == ["darken"]
