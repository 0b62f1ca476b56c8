"""A large cluster, simulated: what the run's own process has to do, and how busy it keeps the workers.

    python tests/benchmarks/cluster.py --trials 100000 --workers 1000

The runner, the plan, what is sent to a worker and what is stored of each result are the real ones; only the workers and
their time are made up. Time that the real code takes passes on the simulated clock, too, so that workers wait wherever it
is too slow for them. What Dask's scheduler takes, about a millisecond a trial by its documentation, passes on that clock.

Trials last as a log-normal distribution says, some of them ten times as long; workers are lost at random, and replaced;
some trials kill their worker, whoever it is, until they are given up.
"""

from __future__ import annotations

import argparse
import collections
import heapq
import itertools
import json
import math
import pickle
import random
import resource
import shutil
import time
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from typing import Any

from benchbench.contracts.dataset import Dataset
from benchbench.files import cache_folder, json_text
from benchbench.registry.registry import registry as _registry
from benchbench.results.record import Record
from benchbench.results.trial import Trial
from benchbench.running import listeners, plan, remote, scheduler
from benchbench.running.executors import Executor, LocalExecutor
from benchbench.running.progress import Progress
from benchbench.running.remote import RESULT
from benchbench.running.request import RunRequest
from benchbench.running.workspace import LOCKS

MEDIAN, SPREAD = 300.0, 0.8  # seconds of a trial, and the deviation of their logarithm
STRAGGLERS, SLOWER = 0.01, 10
LIFE = 24 * 3600.0  # mean seconds until a worker is lost
REPLACED = 300.0  # seconds until there is another in its place
POISONOUS = 0.0005
LOSSES = 4  # of a trial's workers, until it is given up
MODELS = ("unet", "nafnet", "autoencoder", "dncnn")
DEGRADATIONS = ("pixelate", "swirl", "gaussian-noise", "motion-blur")


@dataclass(eq=False)
class Task:
    """A trial that was handed out."""

    seconds: float
    poisonous: bool
    future: Future[str | None]
    losses: int = 0


class Simulated(Executor):
    """Workers that do nothing, and take their time for it on a clock of their own."""

    def __init__(self, workers: int, dataset: Dataset, request: RunRequest) -> None:
        self.dataset, self.request = dataset, request
        self.progress: SimpleQueue[Progress] = SimpleQueue()
        self.files: dict[str, bytes] = {}
        """Of a result, which comes back of each trial under its own name."""
        self.random = random.Random(0)
        self.workers = self.alive = self.free = workers
        self.waiting: deque[Task] = deque()
        self.events: list[tuple[float, int, str, Task]] = []
        self.order = itertools.count()
        self.clock, self.mark = 0.0, time.perf_counter()
        self.useful = self.wasted = self.longest = self.own = 0.0
        self.lost = 0

    def __exit__(self, *error: object) -> None:
        pass

    def size(self) -> int:
        return self.alive

    def submit(self, trial: Trial) -> Future[Any]:
        pickle.dumps(remote.prepare(trial, self.dataset, self.request))
        seconds = MEDIAN * math.exp(self.random.gauss(0, SPREAD))
        seconds *= SLOWER if self.random.random() < STRAGGLERS else 1
        task = Task(seconds, self.random.random() < POISONOUS, Future())
        self.longest = max(self.longest, seconds)
        self.waiting.append(task)
        self._assign(self.clock + time.perf_counter() - self.mark)
        return task.future

    def _assign(self, now: float) -> None:
        while self.waiting and self.free:
            task = self.waiting.popleft()
            self.free -= 1
            life = task.seconds * self.random.random() if task.poisonous else self.random.expovariate(1 / LIFE)
            if life < task.seconds:
                self.wasted += life
                self._later(now + life, "lost", task)
            else:
                self.useful += task.seconds
                self._later(now + task.seconds, "done", task)

    def _later(self, when: float, what: str, task: Task) -> None:
        heapq.heappush(self.events, (when, next(self.order), what, task))

    def advance(self) -> None:
        """Let happen what would have happened by now, or if that ends no trial, what comes next."""
        spent = time.perf_counter() - self.mark
        self.own, self.clock, self.mark, ended = self.own + spent, self.clock + spent, self.mark + spent, False
        while self.events and (not ended or self.events[0][0] <= self.clock):
            when, _, what, task = heapq.heappop(self.events)
            self.clock = max(self.clock, when)
            if what == "back":
                self.alive, self.free = self.alive + 1, self.free + 1
            elif what == "done":
                self.free += 1
                task.future.set_result(None)
            else:
                self._lose(when, task)
            ended |= what != "back" and task.future.done()
            self._assign(self.clock)
        self.mark = time.perf_counter()  # the simulation itself takes no time

    def _lose(self, when: float, task: Task) -> None:
        self.alive, self.lost, task.losses = self.alive - 1, self.lost + 1, task.losses + 1
        self._later(when + REPLACED, "back", task)
        if task.losses == LOSSES:
            task.future.set_result("its workers were lost")
        else:
            self.waiting.appendleft(task)

    def receive(self, trial: Trial, done: Future[Any]) -> str | None:
        reason: str | None = done.result()
        if reason is None:
            facts = json.loads(self.files[RESULT]) | {"key": trial.key, "trial": trial.describe()}
            remote.take_in(trial, self.request.out, {**self.files, RESULT: json_text(facts).encode()})
        return reason


class Counter(listeners.Listener):
    """Counts results, and removes each once it was read: a disk of this machine would not hold all of them."""

    def __init__(self, out: Path) -> None:
        self.out, self.ended = out, collections.Counter[str]()

    def finished(self, trial: Trial, record: Record) -> None:
        self.ended[record.status] += 1
        shutil.rmtree(trial.folder(self.out))
        (self.out / LOCKS / trial.key).unlink()


def simulate(trials: int, workers: int, folder: Path) -> None:
    registry, cache = _registry(), cache_folder()
    dataset = registry.resolve("dataset", "faces:n=60")
    metrics = tuple(plan.choose(registry, "metric", ["all"]))
    request = RunRequest(out=folder, device="cpu", budget="64images")
    data = plan.prepare_data([dataset], 32, cache)
    degradations, models = (
        plan.choose(registry, kind, names) for kind, names in (("degradation", DEGRADATIONS), ("model", MODELS))
    )

    def planned(seeds: int) -> list[Trial]:
        found = plan.trials(registry, replace(request, seed=range(seeds)), data, degradations, models)
        return [replace(trial, metrics=metrics) for trial in found]

    executor = Simulated(workers, dataset, request)
    first = planned(1)[0]
    with LocalExecutor(request) as real:  # one real trial, whose result stands for all
        scheduler.run([first], real, folder)
    executor.files = remote.files_of(first.folder(folder))
    shutil.rmtree(first.folder(folder))
    before = time.perf_counter()
    grid = planned(math.ceil(trials / len(DEGRADATIONS) / len(MODELS)))[:trials]
    print(f"{len(grid):,} trials planned in {time.perf_counter() - before:.1f} s", flush=True)

    wait, counter = scheduler._wait, Counter(folder)
    scheduler._wait = lambda done: (executor.advance(), wait(done))[1]  # nothing else is replaced
    executor.mark = time.perf_counter()
    scheduler.run(grid, executor, folder, [counter])
    report(executor, counter.ended, len(grid))


def report(executor: Simulated, ended: Mapping[str, int], trials: int) -> None:
    ideal = max(executor.useful / executor.workers, executor.longest)
    size = sum(map(len, executor.files.values()))
    print(
        f"on {executor.workers:,} workers: {', '.join(f'{count:,} {status}' for status, count in sorted(ended.items()))}\n"
        f"time to finish {executor.clock / 3600:.2f} h; ideal {ideal / 3600:.2f} h ({executor.clock / ideal:.3f} times that)\n"
        f"workers busy {100 * (executor.useful + executor.wasted) / executor.workers / executor.clock:.1f} % of the time, "
        f"{100 * executor.useful / executor.workers / executor.clock:.1f} % for a result\n"
        f"{executor.lost:,} workers lost, {executor.wasted / 3600:.1f} h of work with them; "
        f"the longest trial takes {executor.longest / 3600:.2f} h\n"
        f"the run's own process: {1000 * executor.own / trials:.2f} ms a trial, "
        f"{100 * executor.own / executor.clock:.1f} % of the time; {size / 1e3:.0f} kB a result; "
        f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB at most"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--trials", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=1_000)
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        simulate(given.trials, given.workers, Path(folder))


if __name__ == "__main__":
    main()
