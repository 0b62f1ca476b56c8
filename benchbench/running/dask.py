"""Trials on a Dask cluster: the workers of a scheduler, on however many machines, or processes of this one."""

from __future__ import annotations

import logging
import multiprocessing
import tempfile
import time
import uuid
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from contextlib import ExitStack, suppress
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Self

from filelock import Timeout

from ..contracts.dataset import Dataset
from ..devices import resolved
from ..errors import BenchbenchError, one_line
from ..processes import Cancelled
from ..results.store import DamagedResult
from ..results.trial import Trial
from . import remote
from .executors import Executor, Resubmit
from .progress import Progress
from .remote import RemoteResult, RemoteTrial
from .request import RunRequest

if TYPE_CHECKING:
    from distributed import Client, LocalCluster

GPU = "GPU"
LOOK_SECONDS = 2.0  # between two looks at how many workers there are
TELL_SECONDS = 1.0  # between two messages of a trial, at least
MESSAGES_A_SECOND = 200  # of all trials together, which all go through the scheduler
CONNECT_SECONDS = 10
IGNORE_CTRL_C = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"


class DaskExecutor(Executor):
    """Has trials done by the workers of `request.scheduler`, or without it by `request.workers` processes here."""

    def __init__(self, request: RunRequest, datasets: Mapping[Path, Dataset], warn: Callable[[str], None]) -> None:
        """`datasets` are those behind the folders of the trials' prepared data."""
        self._request, self._datasets, self._warn = request, datasets, warn
        self._gpu = resolved(request.device).startswith("cuda")
        self._slots: dict[str, int] = {}
        """Worker's address -> trials that it can do at once."""
        self._looked, self._told = -LOOK_SECONDS, False
        self._refused: set[str] = set()
        """Addresses of workers that cannot take part."""
        self._topic = f"benchbench-{uuid.uuid4().hex}"
        self.progress = SimpleQueue()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            where = self._request.scheduler or stack.enter_context(_local_cluster(self._request.workers, self._gpu))
            self._client = stack.enter_context(_client(where))
            self._executor = self._client.get_executor(pure=False, resources={GPU: 1} if self._gpu else None)
            stack.callback(self._executor.shutdown, wait=False)
            self._client.subscribe_topic(self._topic, lambda event: self.progress.put(event[1]))  # a time comes first
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        with suppress(OSError, TimeoutError):  # a scheduler that has gone cannot be told
            self._stack.close()

    def size(self) -> int:
        if time.monotonic() - self._looked >= LOOK_SECONDS:
            self._look()
        slots = sum(self._slots.values())
        if not slots and not self._told:
            start = f"dask worker {self._request.scheduler or 'ADDRESS'} --nthreads 1"
            self._warn(f"waiting for workers; to start one: {start}" + (f" --resources {GPU}=1" if self._gpu else ""))
        self._told = not slots
        return slots if self._request.jobs is None else min(self._request.jobs, slots)

    def _look(self) -> None:
        """See which workers there are, but for those that cannot take part."""
        self._looked = time.monotonic()
        try:
            found = self._client.run_on_scheduler(slots, self._gpu)
        except Exception as error:
            raise self._lost(error) from error
        for gone in self._slots.keys() - found.keys():
            self._warn(f"worker {gone} has gone; what it was at begins again elsewhere")
        self._slots = {worker: number for worker, number in found.items() if worker not in self._refused}

    def submit(self, trial: Trial) -> Future[Any]:
        made = remote.prepare(trial, self._datasets[trial.data], self._request)
        with warnings.catch_warnings():  # Dask would have weights scattered, which each trial sends once
            warnings.filterwarnings("ignore", "Sending large graph")
            # No other worker gets it while one of these is there, and all that joined since may.
            where = {"workers": list(self._slots), "allow_other_workers": True} if self._refused else {}
            pause = max(TELL_SECONDS, sum(self._slots.values()) / MESSAGES_A_SECOND)
            return self._executor.submit(work, made, self._topic, pause, **where)

    def receive(self, trial: Trial, done: Future[Any]) -> str | None:
        from distributed import KilledWorker

        try:
            worker, back = done.result()
        except KilledWorker as error:
            return f"its worker was lost {error.allowed_failures + 1} times while it was at work (out of memory?)"
        except Exception as error:
            raise self._lost(error) from error
        if back.refusal:
            self._refuse(worker, back.refusal)
            raise Resubmit
        try:
            remote.take_in(trial, self._request.out, back.files)
        except Timeout:
            return "another run in the same folder is at it"
        except DamagedResult as error:
            return f"what its worker sent is no result of it: {error}"
        return str(back.reason) if back.reason else None

    def _refuse(self, worker: str, reason: str) -> None:
        """Hand nothing more to a worker. Raises BenchbenchError if no other is there."""
        known, needed = worker in self._refused, "a worker needs the benchbench, the plugins and the data of the run"
        self._refused.add(worker)
        self._look()
        message = f"worker {worker} cannot take part: {reason}; {needed}"
        if not self._slots:
            raise BenchbenchError(message)
        if not known:
            self._warn(message)

    def _lost(self, error: BaseException) -> BenchbenchError:
        where = self._request.scheduler or "on this machine"
        what = "its scheduler went away" if isinstance(error, CancelledError) else one_line(error)
        return BenchbenchError(
            f"the Dask cluster {where} failed: {what}; its scheduler and its workers must be there and have "
            "the benchbench of the run; the same command goes on from here"
        )


def _client(where: Any) -> Client:
    """Connect to a scheduler. Raises BenchbenchError if none is there."""
    from distributed import Client

    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # what is lost is told in one line
    try:
        return Client(where, timeout=CONNECT_SECONDS, set_as_default=False, name="benchbench")
    except (OSError, ValueError) as error:
        raise BenchbenchError(
            f"no Dask scheduler answers at {where}: {one_line(error)}; start one with: dask scheduler"
        ) from error


def _local_cluster(workers: int, gpu: bool) -> LocalCluster:
    """Start a cluster of processes of one thread each."""
    from distributed import LocalCluster

    return LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        memory_limit=0,  # trials are limited, and not the workers that wait for them
        dashboard_address=None,
        silence_logs=logging.CRITICAL,
        preload=[IGNORE_CTRL_C],
        resources={GPU: 1} if gpu else {},
    )


# ── what the scheduler and the workers call ──────────────────────────────────────────────────────────────────────────


def slots(gpu: bool, dask_scheduler: Any = None) -> dict[str, int]:
    """Return how many trials each worker of a scheduler can do at once, by its address; 0 is left out."""
    workers = dask_scheduler.workers.items()
    found = {address: int(w.resources.get(GPU, 0) if gpu else w.nthreads) for address, w in workers}
    return {address: number for address, number in found.items() if number}


def work(given: RemoteTrial, topic: str, pause: float) -> tuple[str, RemoteResult]:
    """Carry out a trial in a thread of a worker; return the worker's address, and what came of it.

    Events of the topic tell every row of its history, and of mere progress something each `pause` seconds.
    """
    from distributed import Reschedule, get_worker

    worker, last = get_worker(), -pause
    task = worker.get_current_task()
    # Dask marks its workers as daemons, which may not start processes lest these outlive them; a trial's does not.
    multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]

    def hear(progress: Progress) -> None:
        nonlocal last
        if progress["row"] is not None or time.monotonic() - last >= pause:
            last = time.monotonic()
            worker.log_event(topic, progress)

    def cancelled() -> bool:
        """Return whether the run has ended, or this worker does; its state says so."""
        known = worker.state.tasks.get(task)
        return known is None or known.state != "executing" or worker.status.name.startswith("clos")

    try:
        with tempfile.TemporaryDirectory(dir=worker.local_directory, ignore_cleanup_errors=True) as scratch:
            return worker.address, remote.carry_out(given, Path(scratch), hear, cancelled)
    except Cancelled:
        raise Reschedule from None
    except Exception as error:  # here, and not in the trial's own process: as where this worker's disk is full
        return worker.address, RemoteResult(refusal=one_line(error))
