"""Runs what is missing of a plan, each trial in a process of its own, so that none can harm another."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import attempt, processes, store
from .data import is_prepared, place, prepare
from .errors import BenchbenchError, DataError, one_line
from .interfaces import Dataset, Metric
from .perform import PROGRESS
from .plugins import Registry
from .processes import NO_LIMITS, POLL_SECONDS, Call, Limits, step
from .trial import Trial

BYTES_A_JOB = 1_500_000_000


@dataclass(frozen=True)
class Settings:
    """How trials are run; nothing here changes a result on a CPU."""

    out: Path
    cache: Path
    device: str = "auto"
    jobs: int = 1
    limits: Limits = NO_LIMITS
    """What a trial may take."""


class Listener:
    """Follows a run: inherit it and override what you follow; by itself it does nothing."""

    def started(self, trial: Trial) -> None:
        """A trial was handed to a process."""

    def progressed(self, trial: Trial, progress: dict[str, float]) -> None:
        """A trial's newest progress."""

    def validated(self, trial: Trial, row: dict[str, float]) -> None:
        """A trial has a new row in its history."""

    def finished(self, trial: Trial, result: dict[str, Any]) -> None:
        """A trial has ended; `result` is the content of its result.json."""


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

    def finished(self, trial: Trial, result: dict[str, Any]) -> None:
        folder = trial.folder(self._out)
        self.call("benchbench_trial_finished", trial=trial.describe(), result=result, folder=folder)


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory() -> int:
    """Bytes of main memory; where the system does not tell, plenty."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 2**40


def default_jobs(device: str, threads: int) -> int:
    """Trials at once: as many as the cores feed and the memory holds on a CPU, one on a GPU.

    Two small models side by side on a thread each are faster than one after another on two threads.
    """
    import torch

    on_gpu = device.startswith("cuda") or (device == "auto" and torch.cuda.is_available())
    return 1 if on_gpu else max(1, min(cores() // threads, memory() // BYTES_A_JOB))


def prepare_data(datasets: Sequence[Dataset], size: int, cache: Path) -> list[Path]:
    """The data sets' folders in the cache; what is not there yet is decoded, each in a process of its own.

    Raises BenchbenchError if a data set cannot be had.
    """
    folders = []
    for dataset in datasets:
        try:
            folder = place(dataset, size, cache)
            reason = None if is_prepared(folder) else processes.outcome(Call(step(prepare, dataset, size, cache)))
        except BenchbenchError:
            raise
        except (Exception, SystemExit) as error:
            reason = one_line(error)
        if reason:
            raise DataError(reason if dataset.label in reason else f"data set {dataset.label}: {reason}")
        folders.append(folder)
    return folders


class _Run:
    """The trials that are running now, and how much of their histories was passed on."""

    def __init__(self, metrics: Sequence[Metric], settings: Settings, listeners: Sequence[Listener]) -> None:
        self.metrics, self.settings, self.listeners = list(metrics), settings, listeners
        self.running: dict[Call, Trial] = {}
        self.before: dict[str, Any] = {}
        """Trial's key -> when the result that it had before was finished."""
        self.rows: dict[str, int] = {}

    def start(self, current: Trial) -> None:
        s = self.settings
        final, cache = current.folder(s.out.absolute()), s.cache.absolute()  # a plugin may change the directory
        self.before[current.key] = (_content(current, s.out) or {}).get("finished_at")
        for listener in self.listeners:
            listener.started(current)
        try:  # packed here, so that what cannot be packed, or unpacked there, fails this trial with its reason
            steps = (
                step(attempt.degrade, current.data, current.degradation, current.threads, cache, s.device),
                step(attempt.store_trial, current, self.metrics, final, cache, s.device),
            )
            call = Call(step(attempt.run, final, attempt.lock_of(current, s.out.absolute()), *steps), limits=s.limits)
        except Exception as error:
            self._end(current, one_line(error))
        else:
            self.running[call] = current

    def finish(self, call: Call) -> None:
        self._end(self.running.pop(call), call.reason())

    def _end(self, current: Trial, reason: str | None) -> None:
        """Tell how a trial ended: as the result says that it left behind, or else for this reason."""
        out = self.settings.out
        content = _content(current, out)
        if content is None or (reason and content.get("finished_at") == self.before[current.key]):
            content = attempt.fail(current, self.metrics, out, reason or "its result has gone")
        self._pass_rows(current, current.folder(out))
        for listener in self.listeners:
            listener.finished(current, content)

    def follow(self) -> None:
        for current in self.running.values():
            work = store.work_folder(current.folder(self.settings.out))
            try:
                progress = json.loads((work / PROGRESS).read_text())
            except (OSError, ValueError):
                continue
            if progress.get("rows", 0) > self.rows.get(current.key, 0):
                self._pass_rows(current, work)
            for listener in self.listeners:
                listener.progressed(current, progress)

    def _pass_rows(self, current: Trial, folder: Path) -> None:
        with suppress(OSError, ValueError):
            rows = store.read_history(folder)
            for row in rows[self.rows.get(current.key, 0) :]:
                for listener in self.listeners:
                    listener.validated(current, row)
            self.rows[current.key] = max(len(rows), self.rows.get(current.key, 0))


def _content(trial: Trial, out: Path) -> dict[str, Any] | None:
    """The content of the trial's stored result, if there is a whole one."""
    try:
        return store.read(trial.folder(out)).content
    except store.DamagedResult:
        return None


def run(
    trials: Sequence[Trial], metrics: Sequence[Metric], settings: Settings, listeners: Sequence[Listener] = ()
) -> None:
    """Run the trials, at most `settings.jobs` at once. Every trial ends with a stored result, whatever it does."""
    waiting = list(reversed(trials))
    state = _Run(metrics, settings, listeners)
    try:
        while waiting or state.running:
            while waiting and len(state.running) < settings.jobs:
                state.start(waiting.pop())
            for call in processes.wait(list(state.running), POLL_SECONDS):
                state.finish(call)
            state.follow()
    finally:
        for call in state.running:  # left by an exception, or Ctrl-C
            call.kill()
