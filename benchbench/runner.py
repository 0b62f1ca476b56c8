"""Runs what is missing of a plan, each trial in a process of its own, so that none can harm another."""

from __future__ import annotations

import json
import multiprocessing
import os
import pickle
import shutil
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any, TypeVar

from pebble import ProcessExpired, concurrent

from . import perform, store
from .data import is_prepared, place, prepare
from .errors import BenchbenchError, DataError, one_line
from .interfaces import Dataset, Metric
from .perform import PROGRESS
from .plugins import Registry
from .trial import Trial, outcome

POLL_SECONDS = 0.1
BYTES_A_JOB = 1_500_000_000
T = TypeVar("T")


@dataclass(frozen=True)
class Settings:
    """How trials are run; nothing here changes a result on a CPU."""

    out: Path
    cache: Path
    device: str = "auto"
    jobs: int = 1
    timeout: float | None = None
    """Seconds a trial may take."""
    predictions: bool = False
    """Keep the restored test images."""


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
            except Exception as error:
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


def context() -> BaseContext:
    """Processes forked from a server that has torch loaded already; spawned where there is no fork server."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(["benchbench.preload"])
    return server


def in_own_process(
    function: Callable[..., T], *args: Any, timeout: float | None = None, name: str = "benchbench"
) -> Future[T]:
    """Call a function in a new process; it shares nothing with other calls, so that none can harm another."""
    options: dict[str, Any] = {"context": context(), "timeout": timeout, "name": name}
    return concurrent.process(**options)(function)(*args)


def prepare_data(datasets: Sequence[Dataset], size: int, cache: Path) -> list[Path]:
    """The data sets' folders in the cache; what is not there yet is decoded, each in a process of its own.

    Raises BenchbenchError if a data set cannot be had.
    """
    folders = []
    for dataset in datasets:
        try:
            folder = place(dataset, size, cache)
            if not is_prepared(folder):
                folder = in_own_process(prepare, dataset, size, cache).result()
            folders.append(folder)
        except BenchbenchError:
            raise
        except ProcessExpired as error:
            raise DataError(f"data set {dataset.label}: {how_it_died(error.exitcode)}") from error
        except (Exception, SystemExit) as error:
            raise DataError(f"data set {dataset.label}: {one_line(error)}") from error
    return folders


class _Run:
    """The trials that are running now, and how much of their histories was passed on."""

    def __init__(self, metrics: Sequence[Metric], settings: Settings, listeners: Sequence[Listener]) -> None:
        self.metrics, self.settings, self.listeners = list(metrics), settings, listeners
        self.running: dict[Future[dict[str, Any]], Trial] = {}
        self.name = f"benchbench-{id(self)}"
        """Of its processes."""
        self.rows: dict[str, int] = {}

    def start(self, current: Trial) -> None:
        s = self.settings
        try:  # packed here, so that what cannot be packed, or unpacked there, fails this trial with its reason
            packed = pickle.dumps((current, self.metrics))
            future = in_own_process(
                perform.run_packed, packed, s.out, s.cache, s.device, s.predictions, timeout=s.timeout, name=self.name
            )
        except Exception as error:
            future = Future()
            future.set_exception(error)
        self.running[future] = current
        for listener in self.listeners:
            listener.started(current)

    def finish(self, future: Future[dict[str, Any]]) -> None:
        current = self.running.pop(future)
        result = _result(future, current, self.settings)
        self._pass_rows(current, current.folder(self.settings.out))
        for listener in self.listeners:
            listener.finished(current, result)

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
            done, _ = wait(state.running, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
            for future in done:
                state.finish(future)
            state.follow()
    finally:
        for process in multiprocessing.active_children() if state.running else []:  # left by an exception
            if process.name == state.name:
                process.kill()


def _result(future: Future[dict[str, Any]], current: Trial, settings: Settings) -> dict[str, Any]:
    """What the trial returned; if its process died, hung or could not answer, a stored failure that says so."""
    try:
        return future.result()
    except TimeoutError:
        reason = f"took longer than {settings.timeout:g} s"
    except ProcessExpired as error:
        reason = how_it_died(error.exitcode)
    except (Exception, SystemExit) as error:  # the component could not be sent to the process, or its answer not back
        reason = one_line(error)
    final = current.folder(settings.out)
    work = store.work_folder(final)
    work.mkdir(parents=True, exist_ok=True)
    (work / store.LOG).touch()
    for leftover in set(os.listdir(work)) - {store.LOG}:
        shutil.rmtree(work / leftover) if (work / leftover).is_dir() else (work / leftover).unlink()
    return store.publish(work, final, outcome(current, "failed", reason)).content


def how_it_died(exitcode: int | None) -> str:
    """What became of a process, by its exit code."""
    if exitcode is not None and exitcode < 0:
        name = signal.Signals(-exitcode).name if -exitcode in {s.value for s in signal.Signals} else str(-exitcode)
        hint = " (out of memory?)" if name == "SIGKILL" else ""
        return f"the process was killed by {name}{hint}"
    return f"the process ended by itself with exit code {exitcode}"
