"""Listeners, which follow a run: the terminal, the plugins' hooks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..registry.registry import Registry
from ..results.record import Record, plain
from ..results.trial import Trial


class Listener:
    """Follows a run: inherit it and override what you follow; by itself it does nothing."""

    def preparing(self, names: Sequence[str]) -> None:
        """Data sets are about to be read."""

    def planned(
        self, trials: Sequence[Trial], missing: Sequence[Trial], scored: int, skipped: Sequence[tuple[str, str]]
    ) -> None:
        """The plan stands: `missing` will be run now, `scored` of them were trained before and lack but scores.

        `skipped` are (file, reason) of unusable images.
        """

    def warn(self, text: str) -> None:
        """Something the user should know that stops nothing."""

    def close(self) -> None:
        """No trial will follow."""

    def started(self, trial: Trial) -> None:
        """A trial was handed to a process."""

    def progressed(self, trial: Trial, progress: dict[str, float]) -> None:
        """A trial's newest progress."""

    def validated(self, trial: Trial, row: dict[str, float]) -> None:
        """A trial has a new row in its history."""

    def finished(self, trial: Trial, record: Record) -> None:
        """A trial has ended; `record` is what its result.json holds."""


class Followers(Listener):
    """Pass on to several listeners what happens to trials; of each history every row once, in order."""

    def __init__(self, listeners: Sequence[Listener]) -> None:
        self._listeners, self._rows = listeners, Counter[str]()

    def start(self, trial: Trial, rows: int) -> None:
        """A trial was handed out, of whose history so many rows were passed on before."""
        self._rows[trial.key] = rows
        for listener in self._listeners:
            listener.started(trial)

    def progressed(self, trial: Trial, progress: dict[str, float]) -> None:
        for listener in self._listeners:
            listener.progressed(trial, progress)

    def add_row(self, trial: Trial, number: int, row: Mapping[str, float]) -> None:
        """Pass on the row that is next; the others were, or come at the trial's end."""
        if number == self._rows[trial.key]:
            self._rows[trial.key] += 1
            for listener in self._listeners:
                listener.validated(trial, dict(row))

    def end(self, trial: Trial, history: Sequence[Mapping[str, float]], record: Record) -> None:
        """A trial has ended with this history and this record."""
        for number, row in enumerate(history):
            self.add_row(trial, number, row)
        for listener in self._listeners:
            listener.finished(trial, record)


class HookCaller(Listener):
    """Tells the plugins' hooks. A hook that raises is reported once and harms nothing."""

    def __init__(self, registry: Registry, out: Path, warn: Callable[[str], None]) -> None:
        self._registry, self._out, self._warn, self._warned = registry, out, warn, set[str]()

    def call(self, hook: str, **arguments: Any) -> None:
        """Call one hook of all plugins."""
        for plugin in self._registry.implementations(hook):  # one by one: pluggy stops at the first that raises
            try:
                plugin.function(*(arguments[name] for name in plugin.argnames))
            except (Exception, SystemExit) as error:
                source = f"{hook} of plugin {plugin.plugin_name}"
                if source not in self._warned:
                    self._warn(f"{source} raised {type(error).__name__}: {error}")
                self._warned.add(source)

    def validated(self, trial: Trial, row: dict[str, float]) -> None:
        self.call("benchbench_epoch_finished", trial=trial.describe(), row=row)

    def finished(self, trial: Trial, record: Record) -> None:
        folder = trial.folder(self._out)
        self.call("benchbench_trial_finished", trial=trial.describe(), result=plain(record), folder=folder)
