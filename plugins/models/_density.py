"""A learned distribution of each channel, free in its form, and its table for the range coder.

Ballé et al. 2018 (arXiv 1802.01436), appendix 6.1: the cumulative distribution of a channel is a network from one
number to one, rising by construction,

    c = σ(f₄ ∘ f₃ ∘ f₂ ∘ f₁),   fₖ(x) = g(softplus(Hₖ) x + bₖ),   g(x) = x + tanh(aₖ) ⊙ tanh(x),   f₄ without g,

and the probability of a whole number q is c(q + ½) − c(q − ½).
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ._messages import Distribution, categorical

WIDTHS = (1, 3, 3, 3, 1)
SPREAD = 10.0  # the distributions reach about so far before training
LEAST = 1e-9  # probability, so that no cost is infinite


class Density(nn.Module):
    """A distribution for each of `channels`, and after `fit` its table on the whole numbers within `reach`."""

    table: Tensor

    def __init__(self, channels: int, reach: int) -> None:
        super().__init__()
        self.reach = reach
        slope = SPREAD ** (1 / (len(WIDTHS) - 1))
        pairs = list(pairwise(WIDTHS))
        starts = [math.log(math.expm1(1 / slope / outputs)) for _, outputs in pairs]
        self.matrices = nn.ParameterList(
            torch.full((channels, outputs, inputs), start)
            for (inputs, outputs), start in zip(pairs, starts, strict=True)
        )
        self.biases = nn.ParameterList(torch.rand(channels, outputs, 1) - 0.5 for _, outputs in pairs)
        self.factors = nn.ParameterList(torch.zeros(channels, outputs, 1) for _, outputs in pairs[:-1])
        self.register_buffer("table", torch.ones(channels, 2 * reach + 1, dtype=torch.float64))

    def forward(self, values: Tensor) -> Tensor:
        """Probability of each of `(N, C, H, W)`, as if it were a whole number."""
        flat = values.float().transpose(0, 1).flatten(1)[:, None]  # (C, 1, N·H·W)
        low, high = self._logits(flat - 0.5), self._logits(flat + 0.5)
        side = -torch.sign(low + high).detach()  # differences of a sigmoid are exact on its left
        found = (torch.sigmoid(side * high) - torch.sigmoid(side * low)).abs().clamp(min=LEAST)
        return found.view(values.shape[1], values.shape[0], *values.shape[2:]).transpose(0, 1)

    def _logits(self, x: Tensor) -> Tensor:
        for i, (matrix, bias) in enumerate(zip(self.matrices, self.biases, strict=True)):
            x = F.softplus(matrix) @ x + bias
            if i < len(self.factors):
                x = x + torch.tanh(self.factors[i]) * torch.tanh(x)
        return x

    def fit(self) -> None:
        """Fill the table, as whole numbers of 2⁻²⁰: what is stored decodes everywhere, whoever computes a sigmoid."""
        symbols = torch.arange(-self.reach, self.reach + 1).to(self.table.device)
        found = self(symbols.float().expand(len(self.table), -1)[None, ..., None])[0, ..., 0]
        self.table.copy_((found.double() * 2**20).round().clamp(min=1))

    def distribution(self, cells: int) -> Distribution:
        """The table for the coder, of symbols `(C, cells)` in a row that were raised by `reach`."""
        return categorical(np.repeat(self.table.cpu().numpy(), cells, axis=0))
