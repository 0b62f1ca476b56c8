"""Checkerboard energy: how far the spectrum rises above its surroundings at the frequencies of a stride.

A transposed convolution with stride s leaves a pattern of period s, so its power gathers at the frequencies
(a/s, b/s) cycles per pixel with a, b in 0..s-1, not both 0. Around each of these the power spectrum P (Hann window,
mean over channels) is compared with the ring about it, in decibels, in the restored and in the clean image:

    height(f) = 10 log10((mean of P in the 3×3 bins at f + ε) / (median of P in the ring of radius 2 to 4 + ε))
    score     = max(0, mean over f of (height in restored - height in clean))

ε is the power of 8-bit rounding noise: what lies below cannot be seen. Odena et al. 2016, "Deconvolution and
checkerboard artifacts".
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from benchbench import Metric, Task, hookimpl, param

from ._regions import refuse, too_small

FLOOR = (1 / 255) ** 2 / 12  # the power of rounding to 8 bits: what lies below it cannot be seen
PEAK, RING = 1, 4  # radii in bins; a Hann window spreads a pure frequency over the 3×3 bins of the peak


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [Checkerboard]


def power(images: Tensor) -> Tensor:
    """The power spectrum `(N, H, W)` under a Hann window, mean over channels; white noise of variance v gives v."""
    height, width = images.shape[-2:]
    window = torch.outer(
        torch.hann_window(height, dtype=images.dtype, device=images.device),
        torch.hann_window(width, dtype=images.dtype, device=images.device),
    )
    spectrum = torch.fft.fft2((images - images.mean((-2, -1), keepdim=True)) * window)
    return spectrum.abs().square().mean(1) / window.square().sum()


def heights(images: Tensor, stride: int) -> Tensor:
    """How far the spectrum of `(N, C, H, W)` rises at each frequency of the stride: `(N, stride² - 1)` in dB."""
    height, width = (side - side % stride for side in images.shape[-2:])
    spectrum = power(images[..., :height, :width])
    steps = torch.arange(-RING, RING + 1, device=images.device)
    at = torch.arange(1, stride**2, device=images.device)
    rows = (at // stride * (height // stride))[:, None, None] + steps[:, None]
    columns = (at % stride * (width // stride))[:, None, None] + steps
    around = spectrum[:, rows % height, columns % width] + FLOOR  # (N, stride² - 1, 9, 9)
    distance = torch.maximum(steps.abs()[:, None], steps.abs())
    peak = around[..., distance <= PEAK].mean(-1)
    return 10 * (peak / around[..., distance > PEAK].median(-1).values).log10()


@dataclass(frozen=True)
class Checkerboard(Metric):
    """Checkerboard energy: excess of spectral peaks at the frequencies of a stride.

    In decibels over the clean image, mean over the frequencies; 0 for identical images and wherever the restored image
    has no more of a pattern than the clean one, lower is better. Measures this artefact and nothing else: blur
    and noise score near 0. Whole images of at least 6·stride px; sides are cropped to a multiple of the stride.
    """

    name = "checkerboard"
    order = 90
    higher_is_better = False
    symmetric = False
    unit = "dB"
    digits = 2
    regional = False
    library = "torch"

    stride: int = param(2, "period of the pattern", low=2, high=32, unit="px")

    @torch.no_grad()
    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        refuse(region, self.name)
        # in double precision: a spectrum spans ten orders of magnitude, and its weak parts decide
        excess = heights(restored.double(), self.stride) - heights(clean.double(), self.stride)
        return excess.mean(1).relu().float()

    def unavailable(self, task: Task) -> str | None:
        return too_small(task, 6 * self.stride)
