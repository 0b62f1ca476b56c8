"""How many concepts carry a run from its request to its report: classes between the components of which it makes any.

Counted are the rooms that a request walks through; what components, pixels, training and boards are made of is theirs.
The parts of a result's record count as the record, those of a suite as the suite. What is only raised is not passed on, so it does not count.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import toys
from jobs import Recorder

from benchbench.data.prepared import prepare
from benchbench.processes import ChildProcess
from benchbench.registry import suites
from benchbench.results import record
from benchbench.running import executors, listeners, plan, run, worker
from benchbench.running.workspace import Workspace

MOST = 12
TEN = {
    "RunRequest", "Suite", "Trial", "Executor", "ChildProcess", "Limits", "Workspace", "Listener", "Result", "Report",
}  # fmt: skip
OTHERS = {"Record", "Pool"}
"""What a result holds; the threads that wait for child processes."""
ROOMS = ("benchbench.running", "benchbench.processes", "benchbench.results", "benchbench.registry.suites")


def made_by(work: Callable[[], object]) -> set[type]:
    """The classes of which the work, in all its threads, makes or hands on instances."""
    found: set[type] = set()

    def look(frame: FrameType, event: str, returned: Any) -> None:
        if event == "return":
            found.add(type(returned))
        elif event == "call" and frame.f_code.co_name == "__init__":
            found.add(type(frame.f_locals[frame.f_code.co_varnames[0]]))

    threading.setprofile(look)
    sys.setprofile(look)
    try:
        work()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]
    return found


def concepts(found: set[type]) -> set[str]:
    """The names of those that count; what is of one of the ten counts as that."""
    counted = {c for c in found if c.__module__.startswith(ROOMS) and not issubclass(c, BaseException)}
    whole = {record.__name__: "Record", suites.__name__: "Suite"}
    names = {whole.get(c.__module__, c.__name__) for c in counted}
    parents = {"Executor": executors.Executor, "Listener": listeners.Listener}
    for name, parent in parents.items():
        own = {c.__name__ for c in counted if issubclass(c, parent)}
        names = (names - own) | ({name} if own else set())
    return names


def trace_child(workspace: Workspace, packed: bytes, file: Path) -> None:
    """In a child process: do a trial, and write which concepts it took."""
    file.write_text("\n".join(concepts(made_by(lambda: worker.run(workspace, packed)))))


def test_a_run_takes_few_concepts(tmp_path: Path, cache: Path) -> None:
    registry = toys.registry()
    suite = tmp_path / "small.toml"
    suite.write_text(
        'dataset = ["toy-faces"]\nbudget = "1epochs"\n[[grid]]\ndegrade = ["darken"]\nmodel = ["tiny-conv"]\n'
    )

    def go() -> None:
        request = plan.RunRequest(size=16, out=tmp_path / "out", device="cpu", jobs=1)
        report = run.run(registry, plan.with_suite(registry, request, str(suite), {"size"}), Recorder())
        assert not report.failed

    [trial] = plan.trials(
        registry, plan.RunRequest(budget="1epochs"), [toys.portraits(cache)], [toys.Darken()], [toys.TinyConv()]
    )
    final = trial.folder(tmp_path / "child")
    workspace = Workspace(final, tmp_path / "lock", prepare(toys.ToyFaces(), 16, cache), cache, "cpu")
    assert ChildProcess(trace_child, workspace, worker.pack(trial), tmp_path / "child.txt").run() is None
    assert (final / "result.json").is_file()
    found = concepts(made_by(go)) | set((tmp_path / "child.txt").read_text().split())
    assert len(found) <= MOST, (
        f"{len(found)} concepts: {', '.join(sorted(found))}; the ten are {', '.join(sorted(TEN))}"
    )
    assert found <= TEN | OTHERS, f"new: {', '.join(sorted(found - TEN - OTHERS))}"
    assert found >= TEN, f"not on the way: {', '.join(sorted(TEN - found))}"
