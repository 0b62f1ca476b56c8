"""A run on the terminal or in a notebook: the plan, progress of each trial and the whole, and the boards at the end."""

from __future__ import annotations

import io
import math
import time
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

from rich.console import Console as RichConsole
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from ..boards.notes import Note
from ..boards.text import number
from ..boards.view import View, view_of
from ..checks.overfit import Verdict
from ..contracts.rungs import factor_text
from ..results.record import Record
from ..results.trial import Trial, has_failed
from ..running.listeners import Listener
from ..running.run import Report

NARROWEST = 40  # columns; some terminals of CI say that they have none
REFRESHED = 0.2  # seconds between two pictures of the progress in a notebook


class Console(Listener):
    """Shows a run with rich; silent for scripts."""

    def __init__(self, silent: bool = False) -> None:
        self.rich = RichConsole(quiet=silent, highlight=False, markup=False)
        if self.rich.width < NARROWEST:
            self.rich = RichConsole(quiet=silent, highlight=False, markup=False, width=NARROWEST, height=25)
        self.errors = RichConsole(stderr=True, quiet=silent, highlight=False, markup=False)
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[facts]}", markup=False),
            console=self.rich,
            disable=silent,
        )
        self._tasks: dict[str, TaskID] = {}
        self._shown: Any = None
        """In a notebook, the handle of the progress that it shows; rich's own way needs a package for widgets."""
        self._drawn = 0.0

    def preparing(self, names: Sequence[str]) -> None:
        self.rich.print(f"Reading {', '.join(names)} …")

    def warn(self, text: str) -> None:
        self.errors.print(f"benchbench: {text}", soft_wrap=True)

    def planned(
        self, trials: Sequence[Trial], missing: Sequence[Trial], scored: int, skipped: Sequence[tuple[str, str]]
    ) -> None:
        if skipped:
            self.rich.print("Not used:")
        for name, reason in skipped[:5]:
            self.rich.print(f"  {name}: {reason}")
        if len(skipped) > 5:
            self.rich.print(f"  … and {len(skipped) - 5} more")
        done = len(trials) - len(missing)
        boards = len({(t.dataset, str(t.degradation)) for t in trials})
        self.rich.print(
            f"{len(trials)} trials on {boards} board{'s' * (boards > 1)}: {done} done already, {len(missing)} to run"
            + (f", {scored} of them only by metrics that are new" if scored else "")
        )
        if missing:
            self._whole = self._progress.add_task("all trials", total=len(missing), facts="")

    def started(self, trial: Trial) -> None:
        if not (self._progress.live.is_started or self._shown):
            self._begin()
        self._tasks[trial.key] = self._progress.add_task(_name(trial), total=1.0, facts="starting")

    def progressed(self, trial: Trial, progress: dict[str, float]) -> None:
        if trial.key in self._tasks:
            self._progress.update(self._tasks[trial.key], completed=progress["fraction"], facts=_facts(progress))
            self._refresh()

    def finished(self, trial: Trial, record: Record) -> None:
        self._progress.remove_task(self._tasks.pop(trial.key))
        self._progress.advance(self._whole)
        self._refresh(at_once=True)
        self._print(_line(trial, record))

    def checked(self, verdict: Verdict) -> None:
        self._print(f"  {verdict}")

    def close(self) -> None:
        if self._progress.live.is_started:
            self._progress.stop()
        self._refresh(at_once=True)

    def _begin(self) -> None:
        """Show the progress, which a terminal draws by itself, and a notebook when it is told to."""
        if not self.rich.is_jupyter:
            self._progress.start()
        elif not self.rich.quiet:
            from IPython.display import display

            self._shown = display(self._progress, display_id=True)

    def _refresh(self, at_once: bool = False) -> None:
        """Have a notebook draw the progress anew, but not too often."""
        if self._shown and (at_once or time.monotonic() - self._drawn > REFRESHED):
            self._drawn = time.monotonic()
            self._shown.update(self._progress)

    def show(self, report: Report) -> None:
        """Print the boards, and where everything was written."""
        for problem in report.problems:
            self.warn(f"left out of the boards: {problem}")
        self.draw(map(view_of, report.boards))
        self.rich.print()
        for path in report.written:
            self._print(f"Written: {path}")

    def advise(self, steps: Sequence[tuple[str, str]]) -> None:
        """Print commands, each with what it is for."""
        width = min(max((len(command) for command, _ in steps), default=0), 48)
        self._print("\nNext:")
        for command, purpose in steps:
            self._print(f"  {command:{width}}  # {purpose}")

    def draw(self, views: Iterable[View]) -> None:
        """Print boards, each note once."""
        told = set[Note]()
        for view in views:
            self._show_board(view, told)
            told.update(view.how_ranked, view.notes)

    def _show_board(self, view: View, told: Set[Note]) -> None:
        """Print a board with the notes that were not told below another one."""
        self.rich.print()
        s = view.board.setting
        self._print(f"{s.degradation} on {s.dataset}, {s.league.title}")
        if compression := view.board.compression:
            self.rich.print(_codecs(compression.table))
        else:
            self.rich.print(_table(view, self.rich.width) if view.ranking else "No model was scored.")
        for line in view.story:
            self._print(line)
        for cost, chain in view.chains.items():
            self._print(f"Best for its {cost}, the cheapest first: {' → '.join(model for model, _, _ in chain)}.")
        if view.plane:
            self._print(view.plane.story)
        for note in (*view.how_ranked, *view.notes):
            if note not in told:
                self._print(f"{note.about}: {note.text}" if note.about else note.text)
        for row in view.absences:
            log = f" (log: {row['log']})" if row["log"] else ""
            self._print(f"{row['model']} {row['status']}: {row['reason']}{log}")

    def _print(self, text: str) -> None:
        self.rich.print(text, soft_wrap=True)


def text_of(views: Iterable[View]) -> str:
    """Return boards as they are printed, as wide as the terminal."""
    console, text = Console(), io.StringIO()
    console.rich = RichConsole(file=text, highlight=False, markup=False, force_jupyter=False)
    console.draw(views)
    return text.getvalue().strip()


def _facts(progress: dict[str, float]) -> str:
    tuning = f"learning rate × {factor_text(progress['tuning'])} · " if "tuning" in progress else ""
    loss = f"loss {progress['validation_loss']:.5f} · " if "validation_loss" in progress else ""
    left = progress["seconds_left"]
    time = "" if not math.isfinite(left) else f" · {left:.0f} s left"
    return f"{tuning}{loss}{progress['images_per_second']:.0f} images/s{time}"


def _name(trial: Trial) -> str:
    return f"{trial.degradation} × {trial.model}" + (f" #{trial.seed}" if trial.seed else "")


def _line(trial: Trial, record: Record) -> str:
    name = _name(trial)
    if record.status == "skipped" or has_failed(trial, record):
        status = "failed" if record.status == "scored" else record.status
        return f"  {name}: {status}: {record.reason}"
    first = record.first_metric
    if first is None:
        return f"  {name}: done"
    facts = record.metrics[first]
    return f"  {name}: {first} {number(record.scores[first].mean, facts.digits)} {facts.unit}"


def _codecs(rows: Sequence[Mapping[str, str]]) -> Table:
    """Make a table of codecs, of head -> text."""
    table = Table()
    for head in rows[0]:
        table.add_column(head, justify="left" if head == "codec" else "right", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row.values()))
    return table


def _table(view: View, width: int) -> Table:
    """Make a table of the scores of whole images, as many as fit, and the parameters."""
    table = Table()
    table.add_column("#", justify="right")
    table.add_column("model", overflow="fold")
    scores = [column for column in view.of("main", "set", "further") if column.metric][: max(1, (width - 52) // 11)]
    shown = scores + [column for column in view.columns if column.key == "parameters"]
    for column in shown:
        table.add_column(Text(f"{column.head} {column.arrow}".strip()), justify="right")
    for row in view.rows:
        cells = [row.cells[column.key] for column in shown]
        texts = [Text(f"{cell.text} {cell.margin}".rstrip(), "bold" if cell.best else "") for cell in cells]
        table.add_row(Text(row.ranks), Text(row.label), *texts, style="dim" if row.reference else None)
    return table
