"""How long commands take before they do anything: help, the list of components, the plan of a large grid.

    python tests/benchmarks/start.py --rounds 11

Each is a process of its own, in turn with an empty Python, whose time is told beside it; the first round warms up.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchbench.files import cache_folder
from benchbench.registry.registry import registry as _registry
from benchbench.running import plan
from benchbench.running.request import RunRequest

COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "benchbench --help": ["-m", "benchbench", "--help"],
    "benchbench run --help": ["-m", "benchbench", "run", "--help"],
    "benchbench list": ["-m", "benchbench", "list"],
}


def processes(rounds: int) -> None:
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for number in range(rounds + 1):
        for name, arguments in COMMANDS.items():
            before = time.perf_counter()
            subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
            if number:
                times[name].append(time.perf_counter() - before)
    for name, found in times.items():
        print(f"  {name:24} {statistics.median(found):.3f} s   ({min(found):.3f}–{max(found):.3f})")


def planning(trials: int, rounds: int) -> None:
    """All built-in degradations and models with as many seeds as it takes, and the key and the folder of each trial."""
    registry, cache = _registry(), cache_folder()
    data = plan.prepare_data([registry.resolve("dataset", "faces:n=60")], 32, cache)
    degradations, models = (plan.choose(registry, kind, ["all"]) for kind in ("degradation", "model"))
    times = []
    for _ in range(rounds + 1):
        before = time.perf_counter()
        seeds = range(1 + trials // len(degradations) // len(models) * 2)
        grid = plan.trials(registry, RunRequest(seed=seeds), data, degradations, models)[:trials]
        missing = [trial for trial in grid if not plan.is_done(trial, Path("nowhere"))]
        times.append(time.perf_counter() - before)
    name = f"plan of {len(missing):,} trials"
    print(f"  {name:24} {statistics.median(times[1:]):.3f} s   ({min(times[1:]):.3f}–{max(times[1:]):.3f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--trials", type=int, default=10_000)
    given = parser.parse_args()
    processes(given.rounds)
    planning(given.trials, given.rounds)


if __name__ == "__main__":
    main()
