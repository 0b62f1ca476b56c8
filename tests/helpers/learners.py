"""Toy models that can learn, cannot, or do not survive it, for the overfit check."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from benchbench import Model, Recipe, Task, hookimpl, param

Flaw = Literal["none", "constant", "dead", "detached", "collapse", "nan", "exit", "patient", "greedy", "hang"]
BALLAST = 1_500_000_000  # bytes


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [Learner]


class Net(nn.Module):
    """A gain and an offset for each channel, and what is wrong with them."""

    def __init__(self, flaw: str) -> None:
        super().__init__()
        self.flaw, self.burdened = flaw, False
        self.gain = nn.Parameter(torch.ones(3, 1, 1))
        self.colour = nn.Parameter(torch.zeros(3, 1, 1))

    def forward(self, degraded: Tensor) -> Tensor:
        found = degraded * self.gain + self.colour
        if self.training and not self.burdened:
            self.burdened = True
            self.be_a_burden()
        return {
            "none": found,
            "constant": self.colour.expand_as(degraded),  # learns, but a colour only
            "dead": degraded + 0 * found,
            "detached": found.detach(),
            "collapse": degraded + self.colour,  # learns to give its input back
            "nan": found / 0 if self.training else found,
        }.get(self.flaw, found)

    def be_a_burden(self) -> None:
        if self.flaw == "exit":
            os._exit(3)
        ballast = torch.ones(BALLAST // 4) if self.flaw == "greedy" else None
        time.sleep({"patient": 6, "greedy": 3, "hang": 600}.get(self.flaw, 0))  # seconds
        del ballast


@dataclass(frozen=True)
class Learner(Model):
    """Learns, unless it has a flaw."""

    name = "learner"
    recipe: ClassVar[Recipe | None] = Recipe(batch=8, lr=0.1)

    flaw: Flaw = param("none", "what is wrong with it")

    def build(self, task: Task) -> nn.Module:
        net = Net(self.flaw)
        if self.flaw == "collapse":
            nn.init.constant_(net.colour, 0.5)
        return net
