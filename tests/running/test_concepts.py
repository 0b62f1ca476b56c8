"""How many concepts carry a run from its request to its report: classes between the components of which it makes any.

Counted are the rooms that a request walks through; what components, pixels, training and boards are made of is theirs.
The parts of a result's record count as the record, those of a suite as the suite. What is only raised is not passed on, so it does not count.
"""

from __future__ import annotations

from pathlib import Path

import toys
from concepts import concepts, made_by, trace_child
from jobs import Recorder

from benchbench.data.prepared import prepare
from benchbench.processes import ChildProcess
from benchbench.running import plan, run, worker
from benchbench.running.request import RunRequest
from benchbench.running.workspace import Workspace

MOST = 12
TEN = {
    "RunRequest", "Suite", "Trial", "Executor", "ChildProcess", "Limits", "Workspace", "Listener", "Result", "Report",
}  # fmt: skip
OTHERS = {"Record", "Pool"}
"""What a result holds; the threads that wait for child processes."""


def test_a_run_takes_few_concepts(tmp_path: Path, cache: Path) -> None:
    registry = toys.registry()
    suite = tmp_path / "small.toml"
    suite.write_text(
        'dataset = ["toy-faces"]\nbudget = "1epochs"\n[[grid]]\ndegrade = ["darken"]\nmodel = ["tiny-conv"]\n'
    )

    def go() -> None:
        request = RunRequest(size=16, out=tmp_path / "out", device="cpu", jobs=1)
        report = run.run(registry, plan.with_suite(registry, request, str(suite), {"size"}), Recorder())
        assert not report.failed

    [trial] = plan.trials(
        registry, RunRequest(budget="1epochs"), [toys.portraits(cache)], [toys.Darken()], [toys.TinyConv()]
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
