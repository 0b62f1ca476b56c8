"""Listeners, which follow a run: the terminal, the plugins' hooks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..registry.contained import stdout_to_stderr
from ..registry.registry import Registry
from ..results import history
from ..results.parsing import plain
from ..results.record import Record
from ..results.trial import Trial
from . import worker
from .progress import Progress


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
    """Tells listeners what happens to trials; of each trial's history every row once, in order."""

    def __init__(self, listeners: Sequence[Listener], out: Path) -> None:
        self._listeners, self._out, self._rows = listeners, out, Counter[str]()
        self._at_work: dict[str, Trial] = {}

    def started(self, trial: Trial) -> None:
        """A trial was handed out; where it is not trained again, listeners have its history already."""
        self._at_work[trial.key] = trial
        self._rows[trial.key] = len(self._history(trial)) if worker.only_lacks_scores(trial, self._out) else 0
        for listener in self._listeners:
            listener.started(trial)

    def hear(self, told: Progress) -> None:
        """Pass on progress of a trial at work, or the row that is next; other rows were, or come at the trial's end."""
        key, values, row = told["key"], told["values"], told["row"]
        if key in self._at_work and row in (None, self._rows[key]):
            self._rows[key] += row is not None
            for listener in self._listeners:
                tell = listener.progressed if row is None else listener.validated
                tell(self._at_work[key], dict(values))

    def finished(self, trial: Trial, record: Record) -> None:
        """A trial has ended with this record."""
        for row, values in enumerate(self._history(trial)):
            self.hear({"key": trial.key, "values": values, "row": row})
        del self._at_work[trial.key]
        for listener in self._listeners:
            listener.finished(trial, record)

    def _history(self, trial: Trial) -> list[dict[str, float]]:
        with suppress(OSError, ValueError):
            return history.read(trial.folder(self._out))
        return []


class HookCaller(Listener):
    """Tells the plugins' hooks. A hook that raises is reported once and harms nothing."""

    def __init__(self, registry: Registry, out: Path, warn: Callable[[str], None]) -> None:
        self._registry, self._out, self._warn, self._warned = registry, out, warn, set[str]()

    def call(self, hook: str, **arguments: Any) -> None:
        """Call one hook of all plugins."""
        for plugin in self._registry.implementations(hook):  # one by one: pluggy stops at the first that raises
            try:
                with stdout_to_stderr():
                    plugin.function(*(arguments[name] for name in plugin.argnames))
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                source = f"{hook} of plugin {plugin.plugin_name}"
                if source not in self._warned:
                    self._warn(f"{source} raised {type(error).__name__}: {error}")
                self._warned.add(source)

    def validated(self, trial: Trial, row: dict[str, float]) -> None:
        self.call("benchbench_epoch_finished", trial=trial.describe(), row=row)

    def finished(self, trial: Trial, record: Record) -> None:
        folder = trial.folder(self._out)
        self.call("benchbench_trial_finished", trial=trial.describe(), result=plain(record), folder=folder)
