"""Optimizers by a recipe, and the learning rates of its schedule."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from .recipe import Recipe

WARM_UP = 0.02  # of the budget, in a recipe's schedule
WARM_UP_FLOPS, MOST_WARM_UP_STEPS = 2e10, 100  # of an any-time training, whichever comes first


def make_optimizer(recipe: Recipe, parameters: Iterable[nn.Parameter]) -> Optimizer:
    """Make the recipe's optimizer over the parameters that ask for a gradient; Adam and AdamW are the fused kind."""
    parameters = [p for p in parameters if p.requires_grad]
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(parameters, recipe.lr, momentum=0.9, weight_decay=recipe.weight_decay)
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[recipe.optimizer]
    return kind(parameters, recipe.lr, weight_decay=recipe.weight_decay, fused=True)


def rate_factor(schedule: str, done: float) -> float:
    """Compute the factor of the learning rate after the part `done`, in [0, 1], of a recipe."""
    factor = 1.0
    if schedule == "cosine":
        factor = min(1.0, (done + 1e-3) / WARM_UP) * 0.5 * (1 + math.cos(math.pi * done))
    return max(factor, 1e-3)


def warm_up_factor(step: int, step_flops: float) -> float:
    """Compute the factor of the learning rate in a step, counted from 0, of an any-time training: it rises to 1."""
    steps = min(MOST_WARM_UP_STEPS, max(1, round(WARM_UP_FLOPS / step_flops))) if step_flops else 1
    return min(1.0, (step + 1) / (steps + 1))


def lay_out_like_parameters(optimizer: Optimizer) -> None:
    """Give moments the memory format of their parameters, as fused optimizers need it and checkpoints forget it."""
    for parameter, state in optimizer.state.items():
        for name, value in state.items():
            if isinstance(value, Tensor) and value.shape == parameter.shape:
                state[name] = torch.empty_like(parameter, dtype=value.dtype).copy_(value)
