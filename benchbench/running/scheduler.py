"""Runs what is missing of a plan: hands out trials, follows them, and sees that each ends with a stored result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from .. import processes
from ..contracts.dataset import Dataset
from ..contracts.metric import Metric
from ..data.prepared import is_prepared, place, prepare
from ..errors import BenchbenchError, DataError, one_line
from ..processes import POLL_SECONDS, ChildProcess, step
from ..results import store
from ..results.trial import Trial
from . import worker
from .executors import Executor, Resubmit
from .listeners import Listener


def prepare_data(datasets: Sequence[Dataset], size: int, cache: Path) -> list[Path]:
    """The data sets' folders in the cache; what is not there yet is decoded, each in a process of its own.

    Raises BenchbenchError if a data set cannot be had.
    """
    folders = []
    for dataset in datasets:
        try:
            folder = place(dataset, size, cache)
            reason = (
                None if is_prepared(folder) else processes.outcome(ChildProcess(step(prepare, dataset, size, cache)))
            )
        except BenchbenchError:
            raise
        except (Exception, SystemExit) as error:
            reason = one_line(error)
        if reason:
            raise DataError(reason if dataset.label in reason else f"data set {dataset.label}: {reason}")
        folders.append(folder)
    return folders


class _Run:
    """The trials that are being done, and what of them was passed on."""

    def __init__(self, metrics: Sequence[Metric], crew: Executor, out: Path, listeners: Sequence[Listener]) -> None:
        self.metrics, self.crew, self.out, self.listeners = list(metrics), crew, out, listeners
        self.pending: dict[Future[Any], Trial] = {}
        self.done: SimpleQueue[Future[Any]] = SimpleQueue()
        self.before: dict[str, Any] = {}
        """Trial's key -> when the result that it had before was finished."""
        self.begun: set[str] = set()
        self.rows: Counter[str] = Counter()
        """Trial's key -> rows of its history that were passed on."""

    def start(self, current: Trial) -> None:
        self.before[current.key] = (_content(current, self.out) or {}).get("finished_at")
        if worker.only_lacks_scores(current, self.out):
            self.rows[current.key] = len(store.read_history(current.folder(self.out)))  # passed on when it was trained
        try:  # packed here, so that what cannot be packed fails this trial with its reason
            future = self.crew.submit(current)
        except BenchbenchError:
            raise
        except Exception as error:
            self._end(current, one_line(error))
        else:
            self.pending[future] = current
            future.add_done_callback(self.done.put)

    def finish(self, done: Future[Any]) -> Trial | None:
        """See to a trial that is done, or return it to be started again."""
        current = self.pending.pop(done)
        try:
            self._end(current, self.crew.receive(current, done))
        except Resubmit:
            return current
        return None

    def _end(self, current: Trial, reason: str | None) -> None:
        """Tell how a trial ended: as the result says that it left behind, or else for this reason."""
        content = _content(current, self.out)
        if content is None or (reason and content.get("finished_at") == self.before[current.key]):
            content = worker.fail(current, self.metrics, self.out, reason or "its result has gone")
        self._begin(current)
        with suppress(OSError, ValueError):
            self._pass_rows(current, store.read_history(current.folder(self.out)), 0)
        self.begun.remove(current.key)
        for listener in self.listeners:
            listener.finished(current, content)

    def follow(self) -> None:
        """Pass on what the trials at work have told."""
        if self.crew.news.empty():
            return
        at_work = {trial.key: trial for trial in self.pending.values()}
        while not self.crew.news.empty():
            news = self.crew.news.get()
            if current := at_work.get(news.key):  # and not of one that has ended, where news are late
                self._begin(current)
                self._pass_rows(current, news.rows, news.first)
                for listener in self.listeners if news.progress else ():
                    listener.progressed(current, dict(news.progress))

    def _begin(self, current: Trial) -> None:
        if current.key not in self.begun:
            self.begun.add(current.key)
            for listener in self.listeners:
                listener.started(current)

    def _pass_rows(self, current: Trial, rows: Sequence[Mapping[str, float]], first: int) -> None:
        """Pass on what was not yet, of rows after the `first` ones; what is missing between comes at the end."""
        known = self.rows[current.key]
        if first <= known < first + len(rows):
            for row in rows[known - first :]:
                for listener in self.listeners:
                    listener.validated(current, dict(row))
            self.rows[current.key] = first + len(rows)


def _content(trial: Trial, out: Path) -> dict[str, Any] | None:
    """The content of the trial's stored result, if there is a whole one."""
    try:
        return store.read(trial.folder(out)).content
    except store.DamagedResult:
        return None


def _wait(done: SimpleQueue[Future[Any]]) -> list[Future[Any]]:
    """What is done, after waiting for it for a short while."""
    with suppress(Empty):
        return [done.get(timeout=POLL_SECONDS), *(done.get() for _ in range(done.qsize()))]
    return []


def run(
    trials: Sequence[Trial], metrics: Sequence[Metric], crew: Executor, out: Path, listeners: Sequence[Listener] = ()
) -> None:
    """Have the crew do the trials, no more at once than it can. Every trial ends with a stored result in `out`."""
    waiting = list(reversed(trials))
    state = _Run(metrics, crew, out, listeners)
    while waiting or state.pending:
        room = crew.size()
        while waiting and len(state.pending) < room:
            state.start(waiting.pop())
        done = _wait(state.done)
        state.follow()
        waiting += [again for future in done if (again := state.finish(future))]
