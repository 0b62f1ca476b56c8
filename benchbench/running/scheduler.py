"""Runs what is missing of a plan: hands out trials, follows them, and sees that each ends with a stored result."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from ..errors import BenchbenchError, one_line
from ..processes import POLL_SECONDS
from ..results import store
from ..results.record import Record
from ..results.store import Result
from ..results.trial import Trial
from . import worker
from .executors import Executor, Resubmit
from .listeners import Followers, Listener


def run(trials: Sequence[Trial], executor: Executor, out: Path, listeners: Sequence[Listener] = ()) -> None:
    """Have the executor do the trials, no more at once than it can. Each ends with a stored result in `out`."""
    waiting, followers = list(reversed(trials)), Followers(listeners, out)
    pending: dict[Future[Any], Trial] = {}
    done: SimpleQueue[Future[Any]] = SimpleQueue()
    before: dict[str, Result | None] = {}
    """Trial's key -> the result that it had before it was started."""
    while waiting or pending:
        room = executor.size()
        while waiting and len(pending) < room:
            trial = waiting.pop()
            if trial.key not in before:  # else it is submitted again
                before[trial.key] = store.whole_result(trial.folder(out))
                followers.started(trial)
            try:
                future = executor.submit(trial)
            except BenchbenchError:
                raise
            except Exception as error:  # what cannot be packed fails this trial with its reason
                followers.finished(trial, _end(trial, out, before[trial.key], one_line(error)))
                continue
            pending[future] = trial
            future.add_done_callback(done.put)
        ended = _wait(done)
        while not executor.progress.empty():
            followers.hear(executor.progress.get())
        for future in ended:
            trial = pending.pop(future)
            try:
                reason = executor.receive(trial, future)
            except Resubmit:
                waiting.append(trial)
                continue
            followers.finished(trial, _end(trial, out, before[trial.key], reason))


def _wait(done: SimpleQueue[Future[Any]]) -> list[Future[Any]]:
    """Return what is done, after waiting for it for a short while."""
    with suppress(Empty):
        return [done.get(timeout=POLL_SECONDS), *(done.get() for _ in range(done.qsize()))]
    return []


def _end(trial: Trial, out: Path, before: Result | None, reason: str | None) -> Record:
    """Return the record that the trial left behind; where it left none, store that it failed for this reason."""
    result = store.whole_result(trial.folder(out))
    if result is None or (reason and before and result.record.finished_at == before.record.finished_at):
        return worker.fail(trial, out, reason or "its result has gone")
    return result.record
