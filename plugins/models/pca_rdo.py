"""Principal components once more, with an encoder that searches: fewer bytes for the same error, or a higher SSIM.

The decoder is that of `pca` but for one thing: every image says by which of `SCALES` its components vary more or less
than the training images' (a Gaussian scale mixture with the scale sent: Wainwright & Simoncelli 2000). What is searched
is what an encoder may, since it knows the image:

- rate–distortion optimised quantisation: each component takes the whole number of steps that makes
  error² + ln 2 / 6 · step² · bits least, among the nearest, one nearer to zero, and zero. The weight is the slope of
  the error, step² / 12, against bits at high rates (Sullivan & Wiegand 1998);
- with `measure=ssim`, before that, components whose image has a higher SSIM than the projection, by Adam.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchbench import Batch, Codec, Model, Recipe, Task, hookimpl, param

from ._eigenfaces import Eigenfaces
from ._latent import LEAST_SCALE, REACH
from ._messages import Distribution, Reader, categorical, gaussian, written

SCALES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.15, 1.3, 1.5, 1.8)
WINDOW = 11
"""Pixels of SSIM's window."""
LEAST_PROBABILITY = 2.0**-24
"""What the range coder gives to anything."""
ROUNDS, RATE = 60, 0.04
"""Of the search for SSIM: steps of Adam, and the first of them in standard deviations of a component."""


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [SearchedPCA]


@dataclass(frozen=True)
class SearchedPCA(Model):
    """Principal components (eigenfaces), quantised by rate and distortion, with a scale for each image."""

    name = "pca-rdo"
    recipe: ClassVar[Recipe | None] = None
    restores: ClassVar[bool] = False
    rates: ClassVar[Mapping[str, Sequence[float]]] = {"step": (0.001, 0.0025, 0.006, 0.0085, 0.016)}

    components: int = param(
        512, "numbers kept of each image, as far as training images and copies go", low=1, high=4096
    )
    step: float = param(0.006, "quantisation step of a component, in values of the image", low=2e-4, high=1)
    measure: Literal["mse", "ssim"] = param("mse", "what the encoder looks for")

    def build(self, task: Task) -> nn.Module:
        faces = Eigenfaces(self.components, task.channels, task.size, self.step)
        return SearchedCodec(faces, self.measure == "ssim")

    def unavailable(self, task: Task) -> str | None:
        small = self.measure == "ssim" and task.size < WINDOW
        return f"SSIM needs a side of at least {WINDOW} px, not {task.size}" if small else None

    def fit(self, module: nn.Module, batches: Iterable[Batch]) -> None:
        if not isinstance(module, SearchedCodec):
            raise TypeError(f"{self.name} fits the module that it builds, not a {type(module).__name__}")
        module.faces.fit_to(batches)


class SearchedCodec(nn.Module, Codec):
    """Eigenfaces under an encoder that searches."""

    def __init__(self, faces: Eigenfaces, by_ssim: bool) -> None:
        super().__init__()
        self.faces, self.by_ssim = faces, by_ssim

    def forward(self, images: Tensor) -> Tensor:
        return self._images(self.symbols(images)[1])

    def compress(self, images: Tensor) -> list[bytes]:
        scales, symbols = (found.cpu().numpy().astype(np.int32) for found in self.symbols(images))
        return [
            written([(scale, SCALE), (row, self._distribution(int(scale[0])))])
            for scale, row in zip(scales[:, None], symbols, strict=True)
        ]

    def decompress(self, data: Sequence[bytes]) -> Tensor:
        rows = []
        for message in data:
            reader = Reader(message)
            rows.append(reader.read(self._distribution(int(reader.read(SCALE)[0]))))
        return self._images(torch.from_numpy(np.stack(rows)).to(self.faces.mean))

    @torch.no_grad()
    def symbols(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Which scale each image takes `(N,)`, and its whole numbers of steps `(N, count)`."""
        coder = self.faces.coder
        latents = self.faces.latents(images)
        if self.by_ssim:
            latents = towards_ssim(self.faces, latents, images.float())
        steps = ((latents - coder.mean) / coder.step).cpu().double()
        best = [quantised(steps, self._scales(i)) for i in range(len(SCALES))]
        chosen = torch.stack([cost for cost, _ in best]).argmin(0)  # (N,)
        rows = torch.stack([found for _, found in best])[chosen, torch.arange(len(chosen))]
        return chosen, rows

    def _images(self, symbols: Tensor) -> Tensor:
        return self.faces.images(self.faces.coder.values(symbols.float().to(self.faces.mean)))

    def _scales(self, i: int) -> Tensor:
        return (self.faces.coder.scale.cpu().double() * SCALES[i] / self.faces.coder.step).clamp(min=LEAST_SCALE)

    def _distribution(self, i: int) -> Distribution:
        return gaussian(self._scales(i).cpu().numpy(), REACH)


SCALE = categorical(np.ones((1, len(SCALES))))


def quantised(values: Tensor, scales: Tensor) -> tuple[Tensor, Tensor]:
    """Whole numbers `(N, count)` for values in steps, with their cost `(N,)` under normal distributions.

    >>> import torch
    >>> quantised(torch.tensor([[0.6, 5.6]]), torch.tensor([0.2, 9.0]))[1].tolist()
    [[0.0, 6.0]]
    """
    size, nearest = values.abs(), values.abs().round().clamp(max=REACH)
    least, found = torch.full_like(size, math.inf), nearest
    for candidate in (nearest, (nearest - 1).clamp(min=0), torch.zeros_like(nearest)):
        upper, lower = (torch.special.ndtr((edge - candidate) / scales) for edge in (0.5, -0.5))
        bits = -(upper - lower).clamp(min=LEAST_PROBABILITY).log2()
        cost = (size - candidate).square() + math.log(2) / 6 * bits
        least, found = torch.minimum(cost, least), torch.where(cost < least, candidate, found)
    return least.sum(1), found * values.sign()


def towards_ssim(faces: Eigenfaces, latents: Tensor, images: Tensor) -> Tensor:
    """Latents `(N, count)` whose images have a higher SSIM with `images`; each image is searched alone."""
    with torch.enable_grad():
        moved = torch.zeros_like(latents).requires_grad_()
        adam = torch.optim.Adam([moved], lr=RATE, betas=(0.9, 0.99))
        for done in range(ROUNDS):
            adam.param_groups[0]["lr"] = RATE * (1 - done / ROUNDS)
            adam.zero_grad()
            found = faces.images(latents + moved * faces.coder.scale)
            (-similarity(found, images).sum()).backward(inputs=[moved])
            adam.step()
    return latents + moved.detach() * faces.coder.scale


def similarity(found: Tensor, images: Tensor) -> Tensor:
    """SSIM `(N,)` of squares `(N, C, H, H)`, differentiable (Wang et al. 2004: Gaussian 11×11, σ 1.5, no border)."""
    taps = (-((torch.arange(WINDOW).to(images) - WINDOW // 2) ** 2) / (2 * 1.5**2)).exp()
    free = images.shape[-1] - WINDOW
    band = torch.stack([F.pad(taps / taps.sum(), (i, free - i)) for i in range(free + 1)])
    x, y, squares, product = (band @ part @ band.T for part in (found, images, found**2 + images**2, found * images))
    contrast = (2 * (product - x * y) + 0.03**2) / (squares - x**2 - y**2 + 0.03**2)
    return (contrast * (2 * x * y + 0.01**2) / (x**2 + y**2 + 0.01**2)).mean((1, 2, 3))
