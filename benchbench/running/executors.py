"""Executors do the trials of a run: here in child processes of this one; `dask` has them done by a cluster."""

from __future__ import annotations

from abc import ABC, abstractmethod
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
from typing import Any, Self

from ..errors import one_line
from ..files import cache_folder
from ..processes import ChildProcess, Pool
from ..results.trial import Trial
from . import worker
from .progress import Progress, pass_on
from .request import RunRequest
from .workspace import Workspace, lock_of


class Resubmit(Exception):
    """Raised where a trial was handed to somebody who cannot do it, and others can."""


class Executor(ABC):
    """Does trials; a context manager, whose end ends the trials that are at work."""

    progress: SimpleQueue[Progress]
    """Of the trials at work, in any order."""

    @abstractmethod
    def size(self) -> int:
        """Return how many trials it can do at once, by now."""

    @abstractmethod
    def submit(self, trial: Trial) -> Future[Any]:
        """Have the trial done. Raises what pickling its components raises."""

    @abstractmethod
    def receive(self, trial: Trial, done: Future[Any]) -> str | None:
        """Store the trial's result, if there is any; return the reason if it was not brought to its end.

        Raises Resubmit if it is to be submitted once more.
        """

    def __enter__(self) -> Self:
        return self

    @abstractmethod
    def __exit__(self, *error: object) -> None: ...


class LocalExecutor(Executor):
    """Does each trial in a child process, `request.workers` at once, within `request.limits`."""

    def __init__(self, request: RunRequest) -> None:
        self._out, self._cache = request.out.absolute(), cache_folder().absolute()  # a plugin may change the directory
        self._device, self._size = request.device, request.workers
        self._pool, self.progress = Pool(self._size, request.limits), SimpleQueue()

    def size(self) -> int:
        return self._size

    def submit(self, trial: Trial) -> Future[str | None]:
        workspace = Workspace(
            final=trial.folder(self._out),
            lock=lock_of(trial, self._out),
            data=trial.data.absolute(),
            cache=self._cache,
            device=self._device,
            threads=trial.threads,
        )
        child = ChildProcess(worker.run, workspace, worker.pack(trial))
        return self._pool.submit(child, partial(pass_on, trial.key, self.progress.put))

    def receive(self, trial: Trial, done: Future[str | None]) -> str | None:
        try:
            return done.result()
        except Exception as error:  # no process could be had
            return one_line(error)

    def __exit__(self, *error: object) -> None:
        self._pool.__exit__(*error)
