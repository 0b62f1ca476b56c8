"""Models, degradations and data sets that misbehave, each in the way its name says; and a plugin that listens."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, cast

import torch
from deeds import DEEDS, WRONG, Deed
from torch import Tensor, nn

from benchbench import Batch, Dataset, Degradation, Degraded, Draw, Images, Metric, Model, Recipe, Task, hookimpl, param


@dataclass(frozen=True)
class Faulty(Model):
    """Does its deed in its first forward pass, or when it is built."""

    name = "faulty"
    recipe: ClassVar[Recipe | None] = None

    deed: Deed = param("raise", "what it does")
    at: Literal["forward", "build", "unavailable"] = param("forward", "when")

    def unavailable(self, task: Task) -> str | None:
        if self.at == "unavailable":
            DEEDS[self.deed]()
        return None

    def build(self, task: Task) -> nn.Module:
        if self.at == "build":
            DEEDS[self.deed]()
        return _Doer(self.deed if self.at == "forward" else "")


class _Doer(nn.Module):
    def __init__(self, deed: str) -> None:
        super().__init__()
        self.deed = deed

    def forward(self, degraded: Tensor) -> Any:
        deed, self.deed = self.deed, self.deed if self.deed in WRONG else ""
        if deed in WRONG:
            return WRONG[deed](degraded)
        if deed:
            DEEDS[deed]()
        return degraded.float()


@dataclass(frozen=True)
class FaultyTraining(Model):
    """Does its deed in every training step whose batch has more images than it bears."""

    name = "faulty-training"
    recipe: ClassVar[Recipe | None] = Recipe(epochs=1, batch=8)

    deed: Deed = param("raise", "what it does")
    bears: int = param(0, "images", low=0)

    def build(self, task: Task) -> nn.Module:
        return nn.Conv2d(3, 3, 1)

    def training_step(self, module: nn.Module, batch: Batch, optimizer: str) -> Tensor:
        loss = super().training_step(module, batch, optimizer)
        if len(batch.clean) <= self.bears:
            return loss
        if self.deed == "nan":
            return loss * math.nan
        DEEDS[self.deed]()
        return loss


@dataclass(frozen=True)
class Tiring(Model):
    """Trains for as many steps as it bears."""

    name = "tiring"
    recipe: ClassVar[Recipe | None] = Recipe(batch=8)

    bears: int = param(10, "steps", low=0)

    def build(self, task: Task) -> nn.Module:
        module = nn.Conv2d(3, 3, 1)
        module.register_buffer("steps", torch.zeros((), dtype=torch.int64))
        return module

    def training_step(self, module: nn.Module, batch: Batch, optimizer: str) -> Tensor:
        steps = cast(Tensor, module.steps)
        steps += 1
        if steps > self.bears:
            raise RuntimeError("tired")
        return super().training_step(module, batch, optimizer)


class _Text(str):
    """Text that no other process knows."""

    def __reduce__(self) -> Any:
        raise TypeError("this text stays here")


@dataclass(frozen=True)
class Strange(Model):
    """Tells of itself what nobody can store, or send to another process."""

    name = "strange"
    recipe: ClassVar[Recipe | None] = None

    note: Literal["object", "unpicklable"] = param("object")

    def build(self, task: Task) -> nn.Module:
        return nn.Identity()

    def notes(self, task: Task) -> Sequence[str]:
        return [object() if self.note == "object" else _Text("a note of its own")]  # type: ignore[list-item]


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
class FaultyMetric(Metric):
    """Does its deed on every batch."""

    name = "faulty-metric"
    higher_is_better = True

    deed: Deed = param(help="what it does")

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        DEEDS[self.deed]()
        return torch.ones(len(clean))


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
class Counted(Model):
    """Adds a line to its file each time it is built."""

    name = "counted"
    recipe: ClassVar[Recipe | None] = Recipe(epochs=1, batch=8)

    file: str = param(help="where it counts")

    def build(self, task: Task) -> nn.Module:
        with open(self.file, "a") as file:
            file.write("built\n")
        return nn.Conv2d(3, 3, 1)


@dataclass(frozen=True)
class Slow(Model):
    """Takes its time for every training step, and tells its log."""

    name = "slow"
    recipe: ClassVar[Recipe | None] = Recipe(epochs=8, batch=8)

    seconds: float = param(0.05, "of a step", low=0)

    def build(self, task: Task) -> nn.Module:
        return nn.Conv2d(3, 3, 1)

    def training_step(self, module: nn.Module, batch: Batch, optimizer: str) -> Tensor:
        print("step", flush=True)
        time.sleep(self.seconds)
        return super().training_step(module, batch, optimizer)


@dataclass(frozen=True)
class Weighted(Metric):
    """Is available where its file is."""

    name = "weighted"
    higher_is_better = True

    weights: str = param("weights", "the file that it needs")

    def unavailable(self, task: Task) -> str | None:
        return None if Path(self.weights).exists() else f"needs {self.weights}"

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        return torch.ones(len(clean))


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [Weighted, FaultyMetric]


@hookimpl
def benchbench_datasets() -> list[type[Dataset]]:
    return [FaultyData]


@hookimpl
def benchbench_degradations() -> list[type[Degradation]]:
    return [FaultyDegradation]


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [Faulty, FaultyTraining, Tiring, Strange, Peeking, Counted, Slow]


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
