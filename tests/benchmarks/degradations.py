"""What degrading a batch costs, as a part of the training step that follows it: of all degradations, or of some.

    python tests/benchmarks/degradations.py --degrade real --degrade swirl:supersample=4 --size 64 --size 128

A model waits for its degraded images, and a degradation that takes long makes all its boards slow. The step is the
autoencoder's on images that are degraded by nothing; both are called in turn on as many images, and ratios are of medians.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch

from benchbench import devices, speed
from benchbench.contracts.applying import apply_degradation
from benchbench.contracts.degradation import Degradation
from benchbench.contracts.seeding import FreshDraw, generator
from benchbench.data.batches import TrainingSet
from benchbench.data.degraded import degraded_set
from benchbench.files import cache_folder
from benchbench.registry.registry import registry as _registry
from benchbench.running import plan

SLOW = ["swirl:supersample=4", "gaussian-blur+gaussian-noise+jpeg"]


def alternately(calls: dict[str, Callable[[], object]], seconds: float) -> dict[str, float]:
    """Call each in turn for so long; returns the medians in seconds. The first round warms up."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    ends = time.perf_counter() + seconds
    while min(map(len, times.values())) < 6 or time.perf_counter() < ends:
        for name, call in calls.items():
            before = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - before)
    return {name: statistics.median(found[1:]) for name, found in times.items()}


def measure(degradations: list[Degradation], model: str, size: int, seconds: float) -> None:
    registry, cache, cpu = _registry(), cache_folder(), torch.device("cpu")
    portraits = plan.prepare_data([registry.resolve("dataset", "faces:n=200")], size, cache)[0]
    [none], [trained] = plan.choose(registry, "degradation", ["none"]), plan.choose(registry, "model", [model])
    data = TrainingSet(portraits, none, cpu)
    [step, _] = speed.model_cases(trained, data, degraded_set(portraits, "validation", none, cache))
    clean = data.batch(torch.arange(step.images), generator("speed"), flip=False).clean
    print(f"{size} px: degrading an image, as a part of a training step of {model}", flush=True)
    for one in degradations:
        source = generator("speed")

        def degrade(one: Degradation = one, source: torch.Generator = source) -> object:
            return apply_degradation(one, clean, FreshDraw(len(clean), source))

        found = alternately({"degrade": degrade, "step": step.ours}, seconds)
        own, whole = (1000 * found[name] / step.images for name in ("degrade", "step"))
        print(f"  {one!s:40} {own:8.3f} ms  of {whole:7.3f} ms {own / whole:7.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--degrade", action="append", help=f"[default: all, and {', '.join(SLOW)}]")
    parser.add_argument("--model", default="autoencoder")
    parser.add_argument("--size", action="append", type=int, help="[default: 64 and 128]")
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=1, help="[default: 1, as in a trial]")
    given = parser.parse_args()
    devices.set_up("cpu", given.threads)
    devices.keep_freed_memory()
    chosen = given.degrade or [str(d) for d in plan.choose(_registry(), "degradation", ["all"])] + SLOW
    degradations = [plan.choose(_registry(), "degradation", [spec])[0] for spec in chosen]
    for size in given.size or [64, 128]:
        measure(degradations, given.model, size, given.seconds)


if __name__ == "__main__":
    main()
