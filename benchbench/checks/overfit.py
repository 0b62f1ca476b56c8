"""The overfit check: a model that cannot learn even a single image by heart cannot learn.

Each model is trained on one training image, degraded once, at its recipe's own rate. It learns if it ends GAIN above
where it began, and BEYOND above the degraded image and a single colour, unless it is GOOD in absolute terms; where the
ideal inverse is near, half of the way to it is enough. So a model that returns its input or a constant is found out;
one that cannot hold all details, or restores one channel of three, is not. One that restores the image before any
training, by what is built into it, cannot be judged by this and is skipped.
"""

from __future__ import annotations

import json
import math
import os
import pickle
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn

from ..contracts.degradation import Degradation
from ..contracts.model import Task
from ..contracts.seeding import derive
from ..data.batches import TrainingSet
from ..data.degraded import DegradedSet, degrade, psnr_of
from ..data.prepared import PreparedDataset, load
from ..devices import set_up
from ..errors import SpecError, one_line
from ..evaluation.trained import build_module
from ..files import cache_folder
from ..processes import ChildProcess, Pool, tell_parent
from ..registry.registry import Registry
from ..results.trial import Trial
from ..running import plan
from ..running.listeners import Listener
from ..running.request import RunRequest
from ..running.workspace import log_to
from ..training.step import check_finite, optimizer_step, validate

STEPS = 2000
EVERY = 25  # steps between two looks
HIGH = 35.0  # dB at which to stop
GOOD = 30.0  # dB that are enough however little the image was degraded
GAIN = 3.0  # dB: half of the error
BEYOND = 0.5  # dB
CANDIDATES = 32  # training images of which the one that the degradation spoils most is taken
COPIES = 2  # of it in a batch: batch normalisation of a bottleneck cannot learn from a single value


@dataclass(frozen=True)
class Verdict:
    """A finding on a model and a degradation.

    >>> str(Verdict("faces", "pixelate", "unet", 0, "failed", "it is out of memory"))
    'pixelate × unet: failed: it is out of memory'
    """

    dataset: str
    degradation: str
    model: str
    seed: int | None
    status: Literal["learns", "cannot learn", "skipped", "failed"]
    reason: str = ""
    psnr: float | None = None
    """The best that it reached, in dB."""
    steps: int = 0
    needed: float | None = None
    """PSNR from which it counts as learning."""
    degraded_psnr: float | None = None

    @property
    def passed(self) -> bool:
        """True if nothing speaks against the model."""
        return self.status in ("learns", "skipped")

    def __str__(self) -> str:
        status = "CANNOT learn" if self.status == "cannot learn" else self.status
        if self.psnr is None or self.degraded_psnr is None or self.needed is None:
            return f"{self.degradation} × {self.model}: {status}: {self.reason}"
        came = f"{self.psnr:.1f} dB after {self.steps} steps; degraded {self.degraded_psnr:.1f} dB"
        lacks = "" if self.passed else f", {self.needed:.1f} dB needed"
        return f"{self.degradation} × {self.model}: {status} ({came}{lacks})"


@dataclass(frozen=True)
class Marks:
    """PSNRs by which a model is judged, in dB."""

    degraded: float
    idle: float
    """Of the degraded image or a single colour, whichever is better and not perfect: what needs no learning."""
    ideal: float
    """Of the ideal inverse; infinite where there is none."""

    @classmethod
    def of(cls, images: DegradedSet, degradation: Degradation) -> Marks:
        """Return the marks of a degraded set."""
        clean, degraded = images.clean / 255, images.degraded / 255
        given, colour = psnr_of(degraded, clean), psnr_of(clean.mean((2, 3), keepdim=True), clean)
        ideal = math.inf
        if degradation.has_oracle:
            ideal = psnr_of(degradation.invert(degraded, images.truth).clamp(0, 1), clean)
        return cls(given, max((level for level in (given, colour) if math.isfinite(level)), default=GOOD), ideal)

    def above(self, level: float, margin: float) -> float:
        """Return a level plus a margin, or half of the way to the ideal if that is less."""
        return level + (min(margin, (self.ideal - level) / 2) if self.ideal > level else margin)

    def needed(self, start: float) -> float:
        """Return the PSNR that a model that began at `start` reaches if it learns."""
        return max(self.above(start, GAIN), min(self.above(self.idle, BEYOND), GOOD))


def overfit_one(registry: Registry, request: RunRequest, listener: Listener) -> Iterator[Verdict]:
    """Yield a verdict on each trained model of the request, found in a child process within the limits.

    Nothing is stored. Raises BenchbenchError.
    """
    planned, _ = plan.plan(registry, replace(request, with_references=False), listener, writes_to=(cache_folder(),))
    trials = [replace(trial, metrics=()) for trial in planned if trial.model.recipe is not None]
    if not trials:
        raise SpecError("none of the chosen models is trained, so there is nothing to check")
    with Pool(request.workers, request.limits) as pool:
        running = []
        for trial in trials:
            told: list[str] = []
            try:
                child = ChildProcess(check_one, pickle.dumps(trial), request.device)
            except Exception as error:  # a plugin's
                yield _verdict(trial, "failed", reason=one_line(error))
            else:
                running.append((trial, told, pool.submit(child, told.append)))
        for trial, told, done in running:
            reason = done.result()
            yield _verdict(trial, "failed", reason=reason) if reason else Verdict(**json.loads(told[-1]))


def _verdict(trial: Trial, status: Any, **facts: Any) -> Verdict:
    return Verdict(trial.dataset, str(trial.degradation), str(trial.model), trial.seed, status, **facts)


def check_one(packed: bytes, device: str) -> None:
    """In a child process: check a trial's model, silently, and tell the verdict. Raises what the model raises."""
    log_to(Path(os.devnull))  # also what a plugin prints when it is imported, so the trial comes packed
    trial: Trial = pickle.loads(packed)
    verdict = overfit(trial, set_up(device, trial.threads))
    tell_parent(json.dumps(asdict(replace(verdict, reason=verdict.reason[:500])), ensure_ascii=False))


def overfit(trial: Trial, device: torch.device) -> Verdict:
    """Train the trial's model on one image, and judge it. Raises whatever the model raises."""
    model, data = trial.model, load(trial.data)
    if lacking := data.lacking(trial.degradation):
        return _verdict(trial, "skipped", reason=lacking)
    task = Task(trial.size, trial.degradation, 3, *TrainingSet(data, trial.degradation, device).statistics())
    if reason := model.unavailable(task):
        return _verdict(trial, "skipped", reason=reason)
    images = one_image(data, trial.degradation)
    module = build_module(model, task, trial.seed).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    _, start = validate(model, module, images, device)
    marks = Marks.of(images, trial.degradation)
    if start >= marks.above(marks.idle, GAIN):
        return _verdict(trial, "skipped", reason=f"restores the image to {start:.1f} dB before any training")
    needed = marks.needed(start)
    goal = max(needed, HIGH) if marks.ideal > HIGH else needed
    best, steps = _learn(trial, module, images, device, goal)
    status = "learns" if best >= needed else "cannot learn"
    return _verdict(trial, status, psnr=best, steps=steps, needed=needed, degraded_psnr=marks.degraded)


def _learn(
    trial: Trial, module: nn.Module, images: DegradedSet, device: torch.device, goal: float
) -> tuple[float, int]:
    """Train until the goal is reached, for STEPS at most; return the best PSNR in dB, and the steps taken."""
    model, best = trial.model, -math.inf
    batch = images.batch(slice(0, COPIES), device)
    optimizers = model.configure_optimizers(module)
    for step in range(1, STEPS + 1):
        torch.manual_seed(derive(trial.seed, "module", step))
        optimizer_step(model, module, batch, optimizers)
        if step % EVERY == 0:
            loss, psnr = validate(model, module, images, device)
            check_finite(loss, "validation", step)
            best = max(best, psnr)
            if best >= goal:
                return best, step
    return best, STEPS


def one_image(data: PreparedDataset, degradation: Degradation) -> DegradedSet:
    """Return the training image that is spoilt most, degraded as a test image would be, COPIES times."""
    rows = data.indices("train")[:CANDIDATES]
    found = degrade(data, rows, degradation)
    worst = rows[int((found.degraded / 255 - found.clean / 255).square().flatten(1).mean(1).argmax())]
    return degrade(data, [worst] * COPIES, degradation)
