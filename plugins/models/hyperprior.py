"""The scale hyperprior: a learned transform whose latent is coded by scales that are themselves learned and sent.

    y = round(gₐ(x)),   z = round(hₐ(|y|)),   σ = hₛ(z),   x̂ = gₛ(y)
    loss = bits of y by N(0, σ²) and of z by a learned density, a pixel + weight · 255² · MSE

Ballé et al. 2018, "Variational image compression with a scale hyperprior" (arXiv 1802.01436); its transforms are 5×5
convolutions with stride 2 and generalised divisive normalisation (Ballé et al. 2016, arXiv 1511.06281). While it
trains, uniform noise takes the place of rounding. With 128 and 192 channels it is the paper's smaller network, of
5,073,539 parameters; the default is smaller, for small images and few of them.

One thing differs: hₛ gives the logarithm of σ, in eighths. A decoder must find each σ to the bit, or all that follows
is lost, and sums of floating-point numbers depend on their order. So for coding hₛ is computed in whole numbers (after
Ballé et al. 2019, "Integer networks"), held in float64, where they are exact in any order.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchbench import Batch, Codec, Model, Recipe, Task, hookimpl, param

from ._bottleneck import Normaliser
from ._density import LEAST, Density
from ._messages import Distribution, Reader, gaussian, written

REACH = 2047
"""Largest symbol of the latent; what lies further out is clipped to it."""
SIDE_REACH = 63
"""The same of the side information z."""
STEPS = 8
"""Steps of σ's logarithm to the base e."""
LOWEST, HIGHEST = -20, 36
"""Least and largest such step: σ from 0.08 to 90."""


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [Hyperprior]


@dataclass(frozen=True)
class Hyperprior(Model):
    """Scale hyperprior, its latent entropy-coded."""

    name = "hyperprior"
    recipe: ClassVar[Recipe | None] = Recipe(batch=16, lr=1e-3, clip=1.0)
    restores: ClassVar[bool] = False
    rates: ClassVar[Mapping[str, Sequence[float]]] = {"weight": (0.0003, 0.001, 0.003, 0.01, 0.03)}

    weight: float = param(0.001, "weight of 255² × mean squared error against bits per pixel", low=1e-6, high=10)
    width: int = param(48, "channels of the transforms; the paper has 128", low=1, high=512)
    latent: int = param(64, "channels of the latent; the paper has 192", low=1, high=512)

    def build(self, task: Task) -> nn.Module:
        return HyperpriorCodec(task, self.width, self.latent)

    def training_step(self, module: nn.Module, batch: Batch, optimizer: str) -> Tensor:
        if not isinstance(module, HyperpriorCodec):
            raise TypeError(f"{self.name} trains the module that it builds, not a {type(module).__name__}")
        restored, bits = module.noisy(batch.degraded)
        return bits / batch.clean[:, 0].numel() + self.weight * 255**2 * self.loss(restored, batch)

    def fit(self, module: nn.Module, batches: Iterable[Batch]) -> None:
        if not isinstance(module, HyperpriorCodec):
            raise TypeError(f"{self.name} fits the module that it builds, not a {type(module).__name__}")
        module.density.fit()


class Divisive(nn.Module):
    """Generalised divisive normalisation: xᵢ / √(βᵢ + Σⱼ γᵢⱼ xⱼ²) over channels, or times the root, its inverse."""

    def __init__(self, channels: int, *, inverse: bool = False) -> None:
        super().__init__()
        self.inverse = inverse
        self.beta = nn.Parameter(torch.ones(channels))  # both are used by their absolute value
        self.gamma = nn.Parameter(0.1 * torch.eye(channels) + 1e-3)

    def forward(self, x: Tensor) -> Tensor:
        root = F.conv2d(x.square(), self.gamma.abs()[..., None, None], self.beta.abs() + 1e-6).sqrt()
        return x * root if self.inverse else x / root


def in_float32(layers: nn.Module, x: Tensor) -> Tensor:
    """Run layers without autocast: of convolutions of one pixel oneDNN's bf16 gradient is whatever was in memory."""
    with torch.autocast(x.device.type, enabled=False):
        found: Tensor = layers(x.float())
    return found


def halving(inputs: int, outputs: int) -> nn.Conv2d:
    """5×5 convolution with stride 2."""
    return nn.Conv2d(inputs, outputs, 5, 2, 2)


def doubling(inputs: int, outputs: int) -> nn.ConvTranspose2d:
    """5×5 transposed convolution with stride 2, to exactly twice the side."""
    return nn.ConvTranspose2d(inputs, outputs, 5, 2, 2, 1)


class HyperpriorCodec(nn.Module, Codec):
    """The four transforms gₐ, gₛ, hₐ, hₛ, and the density of z."""

    def __init__(self, task: Task, width: int, latent: int) -> None:
        super().__init__()
        n, m, colours = width, latent, task.channels
        self.size, self.grid = task.size, (latent, *(2 * (-(-task.size // 16),)))
        self.normaliser = Normaliser(task)
        self.analysis = nn.Sequential(
            *(halving(colours, n), Divisive(n), halving(n, n), Divisive(n), halving(n, n), Divisive(n)), halving(n, m)
        )
        self.synthesis = nn.Sequential(
            *(doubling(m, n), Divisive(n, inverse=True), doubling(n, n), Divisive(n, inverse=True)),
            *(doubling(n, n), Divisive(n, inverse=True), doubling(n, colours)),
        )
        self.side_analysis = nn.Sequential(
            *(nn.Conv2d(m, n, 3, 1, 1), nn.ReLU(), halving(n, n), nn.ReLU(), halving(n, n))
        )
        self.side_synthesis = nn.Sequential(
            *(doubling(n, n), nn.ReLU(), doubling(n, n), nn.ReLU(), nn.Conv2d(n, m, 3, 1, 1))
        )
        self.density = Density(n, SIDE_REACH)

    def latents(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """y and z of `(N, C, H, W)`, not rounded: `(N, latent, H/16, W/16)` and `(N, width, H/64, W/64)`."""
        below, right = (-side % 16 for side in images.shape[-2:])
        y = self.analysis(F.pad(self.normaliser(images), (0, right, 0, below), mode="replicate"))
        return y, in_float32(self.side_analysis, y.abs())

    def images(self, y: Tensor) -> Tensor:
        """The images of quantised latents."""
        return self.normaliser.back(self.synthesis(y)[..., : self.size, : self.size])

    def noisy(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Images with noise in the place of rounding, and the bits that they would take, all together."""
        y, z = (value + torch.rand_like(value) - 0.5 for value in self.latents(images))
        levels = self._cropped(in_float32(self.side_synthesis, z)) * STEPS
        scales = (levels.clamp(LOWEST, HIGHEST) / STEPS).exp()
        bits = -likelihood(y, scales).log2().sum() - self.density(z).log2().sum()
        return self.images(y), bits

    def forward(self, images: Tensor) -> Tensor:
        if self.training:
            return self.noisy(images)[0]
        return self.images(self.latents(images)[0].round().clamp(-REACH, REACH))

    def compress(self, images: Tensor) -> list[bytes]:
        y, z = self.latents(images)
        latents, sides = _symbols(y, REACH), _symbols(z, SIDE_REACH)
        return [
            written([(side + SIDE_REACH, self._of_side()), (latent, self._of_latent(side))])
            for latent, side in zip(latents, sides, strict=True)
        ]

    def decompress(self, data: Sequence[bytes]) -> Tensor:
        rows = []
        for message in data:
            reader = Reader(message)
            side = reader.read(self._of_side()) - SIDE_REACH
            rows.append(reader.read(self._of_latent(side)))
        like = self.normaliser.mean
        return self.images(torch.from_numpy(np.stack(rows)).to(like).view(-1, *self.grid))

    def _of_side(self) -> Distribution:
        return self.density.distribution(self._side_grid() ** 2)

    def _of_latent(self, side: np.ndarray) -> Distribution:
        z = torch.from_numpy(side).view(1, -1, self._side_grid(), self._side_grid())
        levels = (self._cropped(in_whole_numbers(self.side_synthesis, z)) * STEPS).round().clamp(LOWEST, HIGHEST)
        scales = (levels.flatten() / STEPS).exp()
        return gaussian((scales * 2**10).round().numpy() / 2**10, REACH)

    def _side_grid(self) -> int:
        return -(-self.grid[-1] // 4)

    def _cropped(self, scales: Tensor) -> Tensor:
        return scales[..., : self.grid[1], : self.grid[2]]


def _symbols(values: Tensor, reach: int) -> np.ndarray:
    """Whole numbers within reach, int32 `(N, count)`."""
    return values.round().clamp(-reach, reach).flatten(1).cpu().numpy().astype(np.int32)


def likelihood(values: Tensor, scales: Tensor) -> Tensor:
    """Probability of each value, as if it were a whole number, by a normal distribution of zero mean."""
    far = values.float().abs()
    upper, lower = (torch.special.ndtr((edge - far) / scales) for edge in (0.5, -0.5))
    return (upper - lower).clamp(min=LEAST)


@torch.no_grad()
def in_whole_numbers(layers: nn.Sequential, inputs: Tensor) -> Tensor:
    """Run convolutions and ReLU on whole numbers `(1, C, H, W)`, exactly: on the CPU, in fixed point.

    Weights are rounded to 2⁻¹⁶ and at most 8, what passes between layers to 2⁻¹⁰ and at most 2¹⁰. So every sum of up to
    2¹² products is a whole number of 2⁻²⁶ below 2²⁵, which float64 holds.
    """
    exact, x = copy.deepcopy(layers).cpu().double(), inputs.cpu().double()
    for parameter in exact.parameters():
        parameter.copy_(_fixed(parameter, 16, 8))
    for layer in exact:
        x = _fixed(layer(x), 10, 2**10)
    return x


def _fixed(values: Tensor, bits: int, most: int) -> Tensor:
    return ((values * 2**bits).round() / 2**bits).clamp(-most, most)
