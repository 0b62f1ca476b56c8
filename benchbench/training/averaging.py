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
        state = {name: value for value, name in {v.data_ptr(): (v, n) for n, v in state.items()}.values()}  # tied: once
        self._averaged = {n: v for n, v in state.items() if v.is_floating_point() and bool(v.isfinite().all())}
        self._copied = {name: value for name, value in state.items() if name not in self._averaged}

    @torch.no_grad()
    def update(self, module: nn.Module, step: int) -> None:
        """Take in the state of the module after this step, counted from 1.

        Integers are copied, and so is what began with infinities, as masks of attention do.
        """
        state = module.state_dict()
        for name, value in self._copied.items():
            value.copy_(state[name])
        values = [state[name] for name in self._averaged]
        torch._foreach_lerp_(list(self._averaged.values()), values, 1 - (1 - 1 / step) ** (GAMMA + 1))
