"""Whole runs on the toy components."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import toys

from benchbench.registry.registry import Registry
from benchbench.results.record import Record
from benchbench.results.trial import Trial
from benchbench.running import listeners, run
from benchbench.running.request import RunRequest


class Recorder(listeners.Listener):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.plans: list[tuple[int, int]] = []
        self.scored: list[int] = []
        self.warnings: list[str] = []
        self.progress: list[dict[str, float]] = []
        self.order: list[str] = []

    def preparing(self, names: Sequence[str]) -> None: ...

    def planned(
        self, trials: Sequence[Trial], missing: Sequence[Trial], scored: int, skipped: Sequence[tuple[str, str]]
    ) -> None:
        self.plans.append((len(trials), len(missing)))
        self.scored.append(scored)

    def progressed(self, trial: Trial, progress: dict[str, float]) -> None:
        self.progress.append(progress)

    def finished(self, trial: Trial, record: Record) -> None:
        self.order.append(str(trial.model))

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def close(self) -> None: ...


def go(out: Path, recorder: Recorder | None = None, registry: Registry | None = None, **options: Any) -> run.Report:
    wanted = {
        "size": 16,
        "budget": "2epochs",
        "out": out,
        "jobs": 2,
        "device": "cpu",
        "with_references": False,
    } | options
    return run.run(registry or toys.registry("faulty"), RunRequest(**wanted), recorder or Recorder())


def statuses(report: run.Report) -> dict[str, str]:
    return {r.trial.model: r.status for r in report.results}


def scores(report: run.Report) -> dict[str, Any]:
    return {r.trial.model: r.scores for r in report.results if r.status == "scored"}
