"""Runs what is missing of a plan: hands out trials, follows them, and sees that each ends with a stored result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from ..errors import BenchbenchError, one_line
from ..processes import POLL_SECONDS
from ..results import store
from ..results.trial import Trial
from . import worker
from .executors import Executor, Resubmit
from .listeners import Listener


class Scheduler:
    """Has an executor do trials, no more at once than it can, and tells the listeners of them."""

    def __init__(self, executor: Executor, out: Path, listeners: Sequence[Listener] = ()) -> None:
        self._executor, self._out, self._listeners = executor, out, listeners
        self._pending: dict[Future[Any], Trial] = {}
        self._done: SimpleQueue[Future[Any]] = SimpleQueue()
        self._before: dict[str, str | None] = {}
        """Trial's key -> when the result that it had before it was started was finished."""
        self._rows: Counter[str] = Counter()
        """Trial's key -> rows of its history that were passed on."""

    def run(self, trials: Sequence[Trial]) -> None:
        """Have all these trials done. Each ends with a stored result."""
        waiting = list(reversed(trials))
        while waiting or self._pending:
            room = self._executor.size()
            while waiting and len(self._pending) < room:
                self._start(waiting.pop())
            done = self._wait()
            self._follow()
            waiting += [again for future in done if (again := self._receive(future))]

    def _start(self, trial: Trial) -> None:
        if trial.key not in self._before:  # else it is submitted again
            self._before[trial.key] = (_content(trial, self._out) or {}).get("finished_at")
            if worker.only_lacks_scores(trial, self._out):  # its rows were passed on when it was trained
                self._rows[trial.key] = len(store.read_history(trial.folder(self._out)))
            for listener in self._listeners:
                listener.started(trial)
        try:
            future = self._executor.submit(trial)
        except BenchbenchError:
            raise
        except Exception as error:  # what cannot be packed fails this trial with its reason
            self._end(trial, one_line(error))
        else:
            self._pending[future] = trial
            future.add_done_callback(self._done.put)

    def _wait(self) -> list[Future[Any]]:
        """Return what is done, after waiting for it for a short while."""
        with suppress(Empty):
            return [self._done.get(timeout=POLL_SECONDS), *(self._done.get() for _ in range(self._done.qsize()))]
        return []

    def _receive(self, done: Future[Any]) -> Trial | None:
        """See to a trial that is done, or return it to be started again."""
        trial = self._pending.pop(done)
        try:
            self._end(trial, self._executor.receive(trial, done))
        except Resubmit:
            return trial
        return None

    def _end(self, trial: Trial, reason: str | None) -> None:
        """Tell how a trial ended: as the result says that it left behind, or else for this reason."""
        content = _content(trial, self._out)
        if content is None or (reason and content.get("finished_at") == self._before[trial.key]):
            content = worker.fail(trial, self._out, reason or "its result has gone")
        with suppress(OSError, ValueError):
            for number, row in enumerate(store.read_history(trial.folder(self._out))):
                self._pass_on(trial, number, row)
        for listener in self._listeners:
            listener.finished(trial, content)

    def _follow(self) -> None:
        """Pass on what the trials at work have told."""
        if self._executor.progress.empty():
            return
        at_work = {trial.key: trial for trial in self._pending.values()}
        while not self._executor.progress.empty():
            told = self._executor.progress.get()
            trial = at_work.get(told["key"])
            if trial is None:  # it has ended, and this comes late
                continue
            if told["row"] is not None:
                self._pass_on(trial, told["row"], told["values"])
                continue
            for listener in self._listeners:
                listener.progressed(trial, told["values"])

    def _pass_on(self, trial: Trial, number: int, row: Mapping[str, float]) -> None:
        """Pass on the row of a history that is next; the others were, or come at the trial's end."""
        if number == self._rows[trial.key]:
            self._rows[trial.key] += 1
            for listener in self._listeners:
                listener.validated(trial, dict(row))


def _content(trial: Trial, out: Path) -> dict[str, Any] | None:
    """Return the content of the trial's stored result, if there is a whole one."""
    try:
        return store.read(trial.folder(out)).content
    except store.DamagedResult:
        return None
