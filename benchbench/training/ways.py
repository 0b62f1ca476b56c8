"""The ways to train: any-time, or by a model's own recipe."""

from __future__ import annotations

from torch import nn

from ..data.batches import TrainingSet
from ..data.degraded import DegradedSet
from ..results.trial import Trial
from .anytime import AnyTimeTrainer
from .by_recipe import RecipeTrainer
from .trainer import Trainer


def make_trainer(
    trial: Trial, module: nn.Module, data: TrainingSet, validation: DegradedSet, batch: int | None = None
) -> Trainer:
    """Make the trainer of a trial, with batches of `batch` images or as many as the recipe says.

    Raises TrialError for a module that has nothing to train, TypeError for a trial that trains nothing.
    """
    by_recipe = trial.budget is not None and trial.budget.kind == "recipe"
    return (RecipeTrainer if by_recipe else AnyTimeTrainer)(trial, module, data, validation, batch)
