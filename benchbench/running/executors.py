"""Who does the trials of a run: here threads, each of which waits for the process of one trial; see also `cluster`."""

from __future__ import annotations

import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self

from .. import processes
from ..contracts.metric import Metric
from ..errors import one_line
from ..processes import NO_LIMITS, ChildProcess, Limits
from ..results import store
from ..results.trial import Trial
from . import worker
from .execute import PROGRESS
from .worker import Workspace


@dataclass(frozen=True)
class Settings:
    """How trials are run; nothing here changes a result on a CPU of one kind."""

    out: Path
    cache: Path
    device: str = "auto"
    jobs: int = 1
    limits: Limits = NO_LIMITS
    """What a trial may take."""


@dataclass(frozen=True)
class Progress:
    """Of a trial at work; the first has neither progress nor rows, and rows of its history come once."""

    key: str
    progress: Mapping[str, float] = field(default_factory=dict)
    rows: Sequence[Mapping[str, float]] = ()
    """What is new in its history."""
    first: int = 0
    """How many rows came before these."""


class Cancelled(Exception):
    """Raised where a trial is waited for, once nobody wants it any more."""


class Resubmit(Exception):
    """Raised where a trial was handed to somebody who cannot do it, and others can."""


class Executor(ABC):
    """Those who do trials, as a context manager; leaving it ends the trials that are at work."""

    news: SimpleQueue[Progress]

    @abstractmethod
    def size(self) -> int:
        """Trials that it can do at once, by now."""

    @abstractmethod
    def submit(self, trial: Trial) -> Future[Any]:
        """Have the trial done. Raises what pickling its components raises."""

    @abstractmethod
    def receive(self, trial: Trial, done: Future[Any]) -> str | None:
        """See that the trial's result, if there is any, is stored; the reason if it was not brought to its end.

        Raises Again if it is to be submitted once more.
        """

    def __enter__(self) -> Self:
        return self

    @abstractmethod
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...


class LocalExecutor(Executor):
    """`settings.jobs` threads of this process."""

    def __init__(self, metrics: Sequence[Metric], settings: Settings) -> None:
        self._metrics, self._settings = metrics, settings
        self._out, self._cache = settings.out.absolute(), settings.cache.absolute()  # a plugin may change the directory
        self._stop = threading.Event()
        self._executor, self.news = ThreadPoolExecutor(settings.jobs), SimpleQueue()

    def size(self) -> int:
        return self._settings.jobs

    def submit(self, trial: Trial) -> Future[str | None]:
        steps = worker.steps(trial, self._metrics, self._settings.device)
        lock = worker.lock_of(trial, self._out)
        place = Workspace(trial.folder(self._out), lock, trial.data.absolute(), self._cache)
        return self._executor.submit(
            watch, trial.key, place, steps, self._settings.limits, self.news.put, self._stop.is_set
        )

    def receive(self, trial: Trial, done: Future[str | None]) -> str | None:
        try:
            return done.result()
        except Exception as error:  # no process could be had
            return one_line(error)

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._executor.shutdown(cancel_futures=True)


def watch(
    key: str,
    place: Workspace,
    steps: Sequence[bytes],
    limits: Limits,
    tell: Callable[[Progress], object],
    stopped: Callable[[], bool],
) -> str | None:
    """Do a trial in a process of its own; why that did not return, as one line, or None if it did. Raises Stopped."""
    work, told, rows = store.work_folder(place.final), "", 0
    tell(Progress(key))

    def look() -> None:
        nonlocal told, rows
        if stopped():
            raise Cancelled
        with suppress(OSError, ValueError):  # it is read while it is written, or moved
            text = (work / PROGRESS).read_text()
            if text != told:
                told, progress = text, json.loads(text)
                history = store.read_history(work) if progress.get("rows", 0) > rows else []
                tell(Progress(key, progress, history[rows:], rows))
                rows = max(rows, len(history))

    return processes.outcome(ChildProcess(processes.step(worker.run, place, *steps), limits), look)
