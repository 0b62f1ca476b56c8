"""The average of a module's weights during training, by which an any-time training is judged.

After step t it is the power-function average of Karras et al. 2024 (arXiv 2312.02696): avg ← β·avg + (1 − β)·weights
with β = (1 − 1/t)^(γ + 1). It looks back over a fixed part of the training, however long that is.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

GAMMA = 16.97  # a relative width of 0.05 of the training


class Average:
    """A copy of a module, in eval mode, that holds the average of all its floating-point state, buffers included."""

    def __init__(self, module: nn.Module) -> None:
        self.module = copy.deepcopy(module).eval().requires_grad_(False)
        state = {name: value for name, value in self.module.state_dict().items() if isinstance(value, Tensor)}
        self._state = {value.data_ptr(): (name, value) for name, value in state.items()}.values()  # tied ones once

    @torch.no_grad()
    def update(self, module: nn.Module, step: int) -> None:
        """Take in the state of the module after this step, counted from 1; integers are copied."""
        state = module.state_dict()
        averages, values = list[Tensor](), list[Tensor]()
        for name, average in self._state:
            if average.is_floating_point():
                averages.append(average)
                values.append(state[name])
            else:
                average.copy_(state[name])
        torch._foreach_lerp_(averages, values, 1 - (1 - 1 / step) ** (GAMMA + 1))
