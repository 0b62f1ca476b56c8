"""What a run shows on the terminal: the plan, progress of each trial and the whole, and the boards at the end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from rich.console import Console as RichConsole
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from ..boards import Board
from ..boards.text import arrow, budget_name, number
from ..checks.overfit import Verdict
from ..results.store import first_metric
from ..results.trial import Trial
from ..running.listeners import Listener
from ..running.run import Report


class Console(Listener):
    """Shows a run with rich; silent for scripts."""

    def __init__(self, silent: bool = False) -> None:
        self.silent = silent
        self.rich = RichConsole(quiet=silent, highlight=False)
        self.errors = RichConsole(stderr=True, quiet=silent, highlight=False)
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._whole = TaskID(0)

    def preparing(self, names: Sequence[str]) -> None:
        self.rich.print(f"Reading {', '.join(names)} …", markup=False)

    def warn(self, text: str) -> None:
        self.errors.print(f"benchbench: {text}", markup=False, soft_wrap=True)

    def planned(
        self, trials: Sequence[Trial], missing: Sequence[Trial], scored: int, skipped: Sequence[tuple[str, str]]
    ) -> None:
        for name, reason in skipped[:5]:
            self.rich.print(f"  left out {name}: {reason}", markup=False)
        if len(skipped) > 5:
            self.rich.print(f"  … and {len(skipped) - 5} more")
        done = len(trials) - len(missing)
        boards = len({(t.dataset, str(t.degradation)) for t in trials})
        self.rich.print(
            f"{len(trials)} trials on {boards} board{'s' * (boards > 1)}: {done} done already, {len(missing)} to run"
            + (f", {scored} of them only by metrics that are new" if scored else "")
        )
        if missing and not self.silent:
            self._start(len(missing))

    def _start(self, total: int) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[facts]}", markup=False),
            console=self.rich,
        )
        self._whole = self._progress.add_task("all trials", total=total, facts="")
        self._progress.start()

    def started(self, trial: Trial) -> None:
        if self._progress:
            self._tasks[trial.key] = self._progress.add_task(_name(trial), total=1.0, facts="starting")

    def progressed(self, trial: Trial, progress: dict[str, float]) -> None:
        if self._progress and trial.key in self._tasks:
            self._progress.update(self._tasks[trial.key], completed=progress["fraction"], facts=_facts(progress))

    def finished(self, trial: Trial, result: dict[str, Any]) -> None:
        if not self._progress:
            return
        task = self._tasks.pop(trial.key)
        self._progress.remove_task(task)
        self._progress.advance(self._whole)
        self._progress.console.print(_line(trial, result), markup=False, soft_wrap=True)

    def checked(self, verdict: Verdict) -> None:
        self.rich.print(f"  {verdict}", markup=False, soft_wrap=True)

    def close(self) -> None:
        if self._progress:
            self._progress.stop()

    def show(self, report: Report) -> None:
        """The boards, and where everything was written."""
        for problem in report.problems:
            self.warn(f"left out of the boards: {problem}")
        for board in report.boards:
            self.rich.print()
            s = board.setting
            title = f"{s.degradation} on {s.dataset}, {s.size} px, {budget_name(s.budget)}"
            self.rich.print(title, markup=False, soft_wrap=True)
            self.rich.print(_table(board, self.rich.width) if board.ranked_by else "No model was scored.")
            if board.unavailable:
                names = ", ".join(board.unavailable)
                self.rich.print(f"not measured: {names} (the board's file says why)", markup=False, soft_wrap=True)
            for row in board.failures:
                log = f" ({row['log']})" if row["log"] else ""
                self.rich.print(f"{row['model']} {row['status']}: {row['reason']}{log}", markup=False, soft_wrap=True)
        self.rich.print()
        for path in report.written:
            self.rich.print(f"Written: {path}", markup=False, soft_wrap=True)


def _facts(progress: dict[str, float]) -> str:
    loss = f"loss {progress['validation_loss']:.5f} · " if "validation_loss" in progress else ""
    left = progress["seconds_left"]
    time = "" if not math.isfinite(left) else f" · {left:.0f} s left"
    return f"{loss}{progress['images_per_second']:.0f} images/s{time}"


def _name(trial: Trial) -> str:
    return f"{trial.degradation} × {trial.model}" + (f" #{trial.seed}" if trial.seed else "")


def _line(trial: Trial, result: dict[str, Any]) -> str:
    name = _name(trial)
    if result["status"] != "scored":
        return f"  {name}: {result['status']}: {result['reason']}"
    metrics = result["metrics"]
    first = first_metric(result)
    if first is None:
        return f"  {name}: done"
    mean = number(result["scores"][first]["mean"], metrics[first]["digits"])
    return f"  {name}: {first} {mean} {metrics[first]['unit']}"


def _table(board: Board, width: int) -> Table:
    table = Table()
    table.add_column("#", justify="right")
    table.add_column("model", overflow="fold")
    names = [m for m in board.metrics if m in board.rows and board.rows[m].notna().any()]
    names = names[: max(1, (width - 45) // 11)]
    for name in names:
        table.add_column(f"{name} {arrow(board.metrics[name])}", justify="right")
    table.add_column("parameters", justify="right")
    for row in board.rows.to_dict("records"):
        cells = [number(row[m], board.metrics[m]["digits"]) for m in names]
        style = "dim" if row["role"] else None
        table.add_row(str(row["rank"]), row["model"], *cells, f"{int(row['parameters']):,}", style=style)
    return table
