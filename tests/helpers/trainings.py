"""Trainings on the toy components, in this process, and toy models that are awkward to train."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from toys import Darken, TinyConv, ToyFaces, portraits

from benchbench import Model, Recipe, Task
from benchbench.contracts.budget import Budget
from benchbench.data.batches import TrainingSet
from benchbench.data.degraded import degraded_set
from benchbench.results.trial import Trial
from benchbench.training.trainer import Trained, Trainer
from benchbench.training.ways import make_trainer

CPU = torch.device("cpu")


def trainer(
    cache: Path, model: Model | None = None, budget: str = "3epochs", batch: int | None = None, **options: Any
) -> Trainer:
    model, degradation = model or TinyConv(), Darken()
    data = portraits(cache, ToyFaces(n=60))
    torch.manual_seed(0)
    module = model.build(Task(16, degradation))
    validation = degraded_set(data, "validation", degradation, cache)
    trial = Trial(cache, "toy-faces", "", 16, degradation, model, budget=Budget.parse(budget), **{"seed": 0} | options)
    return make_trainer(trial, module, TrainingSet(data, degradation, CPU), validation, batch)


def anew(cache: Path) -> Path:
    """Where a training that begins anew has its checkpoint."""
    path = cache / "checkpoint"
    path.unlink(missing_ok=True)
    return path


def interrupt(
    training: Trainer, checkpoint: Path, stop_at: int, monkeypatch: pytest.MonkeyPatch, **options: Any
) -> None:
    """Run the training, with a checkpoint at every step, until Ctrl-C is pressed before that step."""
    step = training.step

    def until() -> Tensor:
        if training.state.step == stop_at:
            raise KeyboardInterrupt
        return step()

    monkeypatch.setattr("benchbench.training.trainer.CHECKPOINT_SECONDS", -1.0)
    monkeypatch.setattr(training, "step", until)
    with pytest.raises(KeyboardInterrupt):
        training.run(checkpoint, **options)


def weights(module: nn.Module) -> list[Tensor]:
    return [p.detach().clone() for p in module.parameters()]


def same(a: list[Tensor], b: list[Tensor]) -> bool:
    return all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


def without_time(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if k != "seconds"} for row in history]


def assert_equal(one: Trained, other: Trained) -> None:
    assert same(list(one.module.state_dict().values()), list(other.module.state_dict().values()))
    assert without_time(one.history) == without_time(other.history)
    assert without_time(one.rungs) == without_time(other.rungs)
    assert one.facts == other.facts
    assert [(f.step, f.psnr) for f in one.frames] == [(f.step, f.psnr) for f in other.frames]
    assert same([f.images for f in one.frames], [f.images for f in other.frames])


@dataclass(frozen=True)
class Dropping(Model):
    """Has random behaviour in its forward pass, and buffers."""

    name = "dropping"
    recipe: ClassVar[Recipe | None] = Recipe(epochs=3, batch=8, schedule="plateau", optimizer="adamw")

    def build(self, task: Task) -> nn.Module:
        return nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.Dropout(0.5), nn.Conv2d(8, 3, 1))


@dataclass(frozen=True)
class TwoOptimizers(Model):
    """Two networks that descend losses of their own."""

    name = "two"
    recipe: ClassVar[Recipe | None] = Recipe(batch=8)

    def build(self, task: Task) -> nn.Module:
        class Pair(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.a, self.b = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)

            def forward(self, degraded: Tensor) -> Tensor:
                return self.b(self.a(degraded))

        return Pair()

    def configure_optimizers(self, module: nn.Module) -> Mapping[str, Optimizer]:
        return {name: torch.optim.SGD(getattr(module, name).parameters(), lr) for name, lr in (("a", 0.1), ("b", 0.0))}
