"""Toy models that are fitted and not descended, and that say more about themselves than others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from toys import TinyConv

from benchbench import Batch, Model, Recipe, Task, hookimpl


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [MeanFace, Forgetful, Offset]


class Mean(nn.Module):
    """Gives the mean of the images that it was fitted to, whatever it is shown."""

    mean: Tensor

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(task.channels, task.size, task.size))

    def forward(self, degraded: Tensor) -> Tensor:
        return self.mean.expand_as(degraded)


@dataclass(frozen=True)
class MeanFace(Model):
    """The mean portrait."""

    name = "mean-face"
    recipe: ClassVar[Recipe | None] = None

    def build(self, task: Task) -> nn.Module:
        return Mean(task)

    def fit(self, module: nn.Module, batches: Iterable[Batch]) -> None:
        if module.training or torch.is_grad_enabled() or not isinstance(module, Mean):
            raise RuntimeError("fit was promised an evaluating module and no gradients")
        module.mean.copy_(torch.cat([batch.clean for batch in batches]).mean(0))

    def count_parameters(self, module: nn.Module) -> int:
        return 42

    def notes(self, task: Task) -> Sequence[str]:
        return [f"shows one face at {task.size} px"]


@dataclass(frozen=True)
class Forgetful(MeanFace):
    """Keeps the mean portrait where it is not stored."""

    name = "forgetful"

    def fit(self, module: nn.Module, batches: Iterable[Batch]) -> None:
        module.__dict__["mean"] = torch.cat([batch.clean for batch in batches]).mean(0)


@dataclass(frozen=True)
class Offset(TinyConv):
    """Trained first, fitted afterwards."""

    name = "offset"

    def fit(self, module: nn.Module, batches: Iterable[Batch]) -> None:
        module.get_parameter("bias").data.fill_(7)
