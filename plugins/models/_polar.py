"""Images as rings about a centre, features around each ring, and correlations between rings at all angles."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

RINGS, ANGLES = 48, 128  # angles: a power of two
KERNEL = 7
REACH = 0.36  # of the side: radius of the outermost ring
GAPS = (1, 2, 3, 4)  # rings between those that are compared


class Polar(nn.Module):
    """Images `(N, C, H, W)` to rings `(N, C, rings, angles)` about their centres `(N, 2: column, row)`, in pixels.

    With `turns` `(N, rings)`, in radians, the rings come out as if they had not been turned by them.
    """

    radii: Tensor
    directions: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        radii = torch.linspace(REACH * size / RINGS, REACH * size, RINGS)
        self.scale = 2 / max(1, size - 1)
        self.register_buffer("radii", radii, persistent=False)
        self.register_buffer("directions", torch.arange(ANGLES) * (2 * math.pi / ANGLES), persistent=False)

    def forward(self, images: Tensor, centres: Tensor, turns: Tensor | None = None) -> Tensor:
        turns = images.new_zeros(len(images), RINGS) if turns is None else turns
        angles = self.directions - turns[..., None]  # (N, rings, angles)
        offsets = self.radii[:, None, None] * torch.stack([angles.cos(), angles.sin()], -1)
        points = (centres[:, None, None] + offsets) * self.scale - 1
        return F.grid_sample(images.float(), points, padding_mode="reflection", align_corners=True)


class RingFeatures(nn.Module):
    """The rings themselves, of unit variance over an image, and learned features by convolutions around each ring."""

    def __init__(self, channels: int, width: int, features: int) -> None:
        super().__init__()
        widths = (channels, width, width, features)
        self.layers = nn.ModuleList(nn.Conv2d(a, b, (1, KERNEL)) for a, b in pairwise(widths))

    def forward(self, rings: Tensor) -> Tensor:
        rings = normalised(rings)
        x = self.layers[0](around(rings))
        for layer in self.layers[1:]:
            x = layer(around(x.relu()))
        return torch.cat([rings, x.to(rings.dtype)], 1)


def normalised(images: Tensor) -> Tensor:
    """Images of mean 0 and variance 1 each, but for grey ones."""
    images = images - images.mean((1, 2, 3), keepdim=True)
    return images / images.square().mean((1, 2, 3), keepdim=True).add(1e-6).sqrt()


def around(rings: Tensor) -> Tensor:
    """Rings with some of their points repeated at the other end, so that a convolution goes round."""
    return F.pad(rings, (KERNEL // 2, KERNEL // 2, 0, 0), mode="circular")


class PairScores(nn.Module):
    """Correlations of rings `(N, F, rings, angles)`, with a learned weight for each feature and pair of rings."""

    def __init__(self, features: int, rings: int) -> None:
        super().__init__()
        self.weights = nn.ParameterList(torch.zeros(features, rings - gap) for gap in GAPS)

    def _weights(self) -> list[Tensor]:
        return [F.softplus(weight) / math.log(2) for weight in self.weights]  # positive, 1 at first

    def forward(self, rings: Tensor) -> Tensor:
        """Of ring i with ring i + gap, at all shifts, the gaps one after another: `(N, pairs, angles)`."""
        spectrum = torch.fft.rfft(rings - rings.mean(-1, keepdim=True))  # (N, F, rings, frequencies)
        products = []
        for gap, weight in zip(GAPS, self._weights(), strict=True):
            product = spectrum[:, :, :-gap] * spectrum[:, :, gap:].conj()
            products.append(torch.einsum("nfrk,fr->nrk", product, weight.to(product.dtype)))
        return torch.fft.irfft(torch.cat(products, 1), n=ANGLES) / ANGLES

    def at(self, correlations: Tensor, angles: Tensor) -> Tensor:
        """Sum of the correlations if the rings were turned by `angles` `(N, rings, K)`: `(N, K)`."""
        turns = torch.cat([angles[:, gap:] - angles[:, :-gap] for gap in GAPS], 1)  # (N, pairs, K)
        return circular(correlations, turns * (ANGLES / (2 * math.pi))).sum(1)


def circular(tables: Tensor, positions: Tensor) -> Tensor:
    """Tables `(N, P, angles)` at `positions` `(N, P, K)` counted around the circle, linearly: `(N, P, K)`."""
    below = positions.detach().floor()
    index = below.long() & (ANGLES - 1)  # as % ANGLES, many times faster
    here, further = tables.gather(2, index), tables.roll(-1, 2).gather(2, index)
    return torch.lerp(here, further, positions - below)
