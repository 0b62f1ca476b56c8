"""Training by a model's own recipe: its schedule, its patience, and the weights that validated best."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn

from ..contracts.optimizers import rate_factor
from .checkpoint import Stateful
from .filmstrip import is_due
from .trainer import Trainer


class RecipeTrainer(Trainer):
    """A training of the recipe's epochs, validated after each, and scored once."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        optimizers = self.optimizers.values() if self.recipe.schedule == "plateau" else ()
        self.plateaus = [torch.optim.lr_scheduler.ReduceLROnPlateau(o, factor=0.5, patience=5) for o in optimizers]

    def make_judged(self) -> nn.Module:
        return self.module

    def _parts(self) -> dict[str, Stateful]:
        return super()._parts() | {f"plateau {number}": plateau for number, plateau in enumerate(self.plateaus)}

    def rate(self) -> float | None:
        return None if self.plateaus else rate_factor(self.recipe.schedule, self.fraction())

    def stopped_by(self) -> str:
        if self.fraction() >= 1:
            return "budget"
        return "patience" if self.recipe.patience is not None and self.state.stale >= self.recipe.patience else ""

    def look(self) -> bool:
        fraction = self.fraction()
        if is_due(fraction * (1 - 1 / self.state.step), fraction):
            self.take_frame()
        if self.state.step % self.epoch_steps:
            return False
        loss = self.close_round()
        self.state.stale += 1
        if loss < self.state.best_loss:
            self.state.best_loss, self.state.best_step, self.state.stale = loss, self.state.step, 0
            self.state.best = copy.deepcopy(self.module.state_dict())
        for plateau in self.plateaus:
            plateau.step(loss)
        return True

    def finish(self, reason: str) -> nn.Module:
        self.module.load_state_dict(self.state.best)
        self.module.eval()
        self.take_frame(self.state.best_step)
        best = next(row for row in self.state.history if row["step"] == self.state.best_step)
        self.take_rung([self.state.step * self.step_flops], best)
        return self.module
