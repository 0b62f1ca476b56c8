"""What is left after a first estimate: a network looks at the rings as turned back by it, and says how to change it.

Correlations of rings take what slants in an image for a twist of it. A network that sees many images turned back nearly
right learns what they look like when they are right. As it sees an image turned back, the same few layers do for all
swirls.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ._polar import RINGS, normalised

WIDTH, HIDDEN = 32, 128  # channels
STRIDES = ((1, 2), (1, 2), (2, 1), (1, 1), (1, 1))  # of rings and of angles
SCALE = 0.3  # of the box: what an output of 1 means


class Correction(nn.Module):
    """Rings turned back `(N, C, rings, angles)`, and where in its box the estimate lies, to a step `(N, 2)` in the box.

    A mirrored image needs the opposite step, so half the difference of both is taken: no step without something seen.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        widths = (channels + 1, *(WIDTH for _ in STRIDES[1:]))
        self.layers = nn.ModuleList(nn.Conv2d(c, WIDTH, 3, stride) for c, stride in zip(widths, STRIDES, strict=True))
        self.norms = nn.ModuleList(nn.GroupNorm(4, WIDTH) for _ in STRIDES)
        self.hidden = nn.Linear(2 * WIDTH * RINGS // 2 + 2, HIDDEN)
        self.last = nn.Linear(HIDDEN, 2, bias=False)  # would cancel itself
        nn.init.zeros_(self.last.weight)

    def forward(self, rings: Tensor, place: Tensor) -> Tensor:
        return (self._step(rings, place) - self._step(rings.flip(3), place)) / 2

    def _step(self, rings: Tensor, place: Tensor) -> Tensor:
        height = torch.linspace(-1, 1, RINGS, device=rings.device)[:, None].expand(len(rings), 1, -1, rings.shape[3])
        x = torch.cat([normalised(rings), height], 1)
        for layer, norm in zip(self.layers, self.norms, strict=True):
            padded = F.pad(F.pad(x, (1, 1, 0, 0), mode="circular"), (0, 0, 1, 1), mode="replicate")
            y = F.silu(norm(layer(padded)))
            x = x + y if x.shape == y.shape else y
        seen = torch.cat([x.mean(3), x.amax(3)], 1).flatten(1)  # whatever way up the image is
        return SCALE * self.last(F.silu(self.hidden(torch.cat([seen, place], 1))))
