"""Models, degradations and data sets that misbehave, each in the way its name says; and a plugin that listens."""

from __future__ import annotations

import math
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from benchbench import Dataset, Degradation, Degraded, Draw, Images, Metric, Model, Recipe, Task, hookimpl, param


def _exhaust_memory() -> None:
    raise MemoryError("cannot allocate 1 TB")


def _spoil_the_process() -> None:
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    os.chdir("/")
    print("noise\n" * 10_000)


DEEDS: dict[str, Callable[[], object]] = {
    "raise": lambda: 1 / 0,
    "sys.exit": lambda: sys.exit(0),
    "os._exit": lambda: os._exit(0),
    "segfault": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "sigkill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "memory": _exhaust_memory,
    "hang": lambda: time.sleep(600),
    "spoil": _spoil_the_process,
}
Deed = Literal["raise", "sys.exit", "os._exit", "segfault", "sigkill", "memory", "hang", "spoil", "nan", "shape"]


@dataclass(frozen=True)
class Faulty(Model):
    """Does its deed in its first forward pass."""

    name = "faulty"
    recipe: ClassVar[Recipe | None] = None

    deed: Deed = param("raise", "what it does")

    def build(self, task: Task) -> nn.Module:
        return _Doer(self.deed)


class _Doer(nn.Module):
    def __init__(self, deed: str) -> None:
        super().__init__()
        self.deed = deed

    def forward(self, degraded: Tensor) -> Tensor:
        if self.deed == "nan":
            return degraded * math.nan
        if self.deed == "shape":
            return degraded[:, :1]
        DEEDS[self.deed]()
        return degraded.float()


@dataclass(frozen=True)
class FaultyDegradation(Degradation):
    """Does its deed on every batch."""

    name = "faulty-degradation"

    deed: Deed = param("raise", "what it does")

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        if self.deed == "nan":
            return Degraded(clean * math.nan)
        if self.deed == "shape":
            return Degraded(clean[..., :-1])
        DEEDS[self.deed]()
        return Degraded(clean)


@dataclass(frozen=True)
class FaultyData(Dataset):
    """Does its deed when it is loaded."""

    name = "faulty-data"

    deed: Deed = param("raise", "what it does")

    def load(self, size: int) -> Images:
        DEEDS[self.deed]()
        raise RuntimeError("did its deed and lived")


@dataclass(frozen=True)
class Peeking(Model):
    """Wants to see the clean image."""

    name = "peeking"
    recipe: ClassVar[Recipe | None] = None
    sees: ClassVar[tuple[str, ...]] = ("clean",)

    def build(self, task: Task) -> nn.Module:
        return _Peeker()


class _Peeker(nn.Module):
    def forward(self, degraded: Tensor, clean: Tensor) -> Tensor:
        return clean


@dataclass(frozen=True)
class Weighted(Metric):
    """Is available where TOY_WEIGHTS is set."""

    name = "weighted"
    higher_is_better = True

    def unavailable(self, task: Task) -> str | None:
        return None if "TOY_WEIGHTS" in os.environ else "needs TOY_WEIGHTS"

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        return torch.ones(len(clean))


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [Weighted]


@hookimpl
def benchbench_datasets() -> list[type[Dataset]]:
    return [FaultyData]


@hookimpl
def benchbench_degradations() -> list[type[Degradation]]:
    return [FaultyDegradation]


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [Faulty, Peeking]


heard: list[tuple[str, Any]] = []
"""What the hooks below were told."""


@hookimpl
def benchbench_epoch_finished(trial: Mapping[str, Any], row: Mapping[str, float]) -> None:
    heard.append(("epoch", (trial["model"], row["epoch"])))


@hookimpl
def benchbench_trial_finished(trial: Mapping[str, Any], result: Mapping[str, Any], folder: Path) -> None:
    heard.append(("trial", (trial["model"], result["status"], (folder / "result.json").is_file())))


@hookimpl
def benchbench_board_written(path: Path) -> None:
    heard.append(("board", path))
    raise RuntimeError("a tracker without a network")
