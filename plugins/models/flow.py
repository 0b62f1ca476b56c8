"""A small restorer that samples: posterior-mean rectified flow (Ohayon et al. 2025, ICLR, arXiv 2410.00418).

    μ = mean(y)                                the posterior mean: the best by mean squared error, and blurred
    xₜ = μ + (1 − t)·(x − μ) + t·σ·n           the straight line from a clean image x, t = 0, to μ with noise, t = 1
    loss = (mean(y) − x)² + (estimate(xₜ, μ, y, t) − x)²          t uniform in (0, 1), n normal

A rectified flow (Liu et al. 2023, arXiv 2209.03003; Lipman et al. 2023, arXiv 2210.02747) goes back along such lines,
by an ordinary differential equation, to a sample of the clean images that y may come from. An Euler step from time t to
s is xₛ = e + (s / t)·(xₜ − e), e being the estimate. At t = 1 noise tells nothing of x, and e is μ: the first of the
steps is the posterior mean, and one step alone gives just that. Few steps lie between mean and sample: the more there
are, the sharper is the image, and the lower its PSNR (the perception–distortion tradeoff, Blau & Michaeli 2018).

One network serves both, with time as a plane of its input and skips to y and μ, which its last layer, zero at first,
corrects: training starts from the image as it is. Unlike the paper, the flow also sees y, and both are trained at once.
The noise hangs on the seed and the image's own 8-bit levels alone, so that an image is restored alike in any batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar

import torch
from torch import Tensor, nn

from benchbench import Batch, Model, Recipe, Task, generator, hookimpl, param

from ._blocks import Padded, conv, zeroed
from .unet import levels

MEAN = -1.0  # what stands in the plane of time where the posterior mean is asked for


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [Flow]


@dataclass(frozen=True)
class Flow(Model):
    """Posterior-mean rectified flow, which samples a sharp restoration."""

    name = "flow"
    recipe: ClassVar[Recipe | None] = Recipe(epochs=100, batch=16, lr=2e-3, optimizer="adamw", clip=1.0)

    steps: int = param(4, "passes of the network; 1: the posterior mean", low=1, high=1000)
    seed: int = param(0, "of the noise that a sample starts from", low=0)
    noise: float = param(0.05, "standard deviation of that noise", low=0.001, high=1)
    width: int = param(16, "channels at half resolution; 2 and 3 times as many below", low=4, high=512)

    def build(self, task: Task) -> nn.Module:
        return RectifiedFlow(network(3 * task.channels + 1, self.width, task.channels), self)

    def training_step(self, module: nn.Module, batch: Batch, optimizer: str) -> Tensor:
        if not isinstance(module, RectifiedFlow):
            raise TypeError(f"{self.name} trains the module that it builds, not a {type(module).__name__}")
        mean = module.posterior_mean(batch.degraded)
        start = mean.detach()  # or the mean would be made easy to leave, not good
        time = even(len(start), start)
        noisy = batch.clean + time.view(-1, 1, 1, 1) * (start - batch.clean + self.noise * torch.randn_like(start))
        estimate = module.estimate(noisy, start, batch.degraded, time)
        return self.loss(mean, batch) + self.loss(estimate, batch)


def even(n: int, like: Tensor) -> Tensor:
    """Draw `n` values in (0, 1], one in each nth of it: less chance than with draws of their own."""
    return (torch.arange(1, n + 1, device=like.device) - torch.rand(n, device=like.device)) / n


def network(inputs: int, width: int, outputs: int) -> nn.Module:
    """The body of `unet`, from so many channels to so many others; it gives zeros at first."""
    body = nn.Sequential(
        nn.PixelUnshuffle(2),  # (N, C, H, W) -> (N, 4C, H/2, W/2)
        conv(4 * inputs, width),
        levels(width, 2 * width, 3 * width),
        zeroed(conv(width, 4 * outputs)),
        nn.PixelShuffle(2),
    )
    return Padded(8, body)


class RectifiedFlow(nn.Module):
    """The posterior mean, and from there by further steps to a sample."""

    def __init__(self, body: nn.Module, model: Flow) -> None:
        super().__init__()
        self.body, self.model = body, model

    def forward(self, degraded: Tensor) -> Tensor:
        steps, mean = self.model.steps, self.posterior_mean(degraded)
        if steps == 1:
            return mean
        x = mean + (steps - 1) / steps * self.model.noise * noise_of(degraded, self.model.seed)
        for step in range(steps - 1, 0, -1):
            estimate = self.estimate(x, mean, degraded, degraded.new_full((len(x),), step / steps))
            x = estimate + (step - 1) / step * (x - estimate)
        return x

    def posterior_mean(self, degraded: Tensor) -> Tensor:
        """Estimate the mean of all clean images that a degraded one, `(N, C, H, W)`, may come from."""
        time = degraded.new_full((len(degraded),), MEAN)
        return degraded + self._correction(torch.zeros_like(degraded), degraded, degraded, time)

    def estimate(self, noisy: Tensor, mean: Tensor, degraded: Tensor, time: Tensor) -> Tensor:
        """Estimate the clean image from a point on the way to it, at the time `(N,)` in (0, 1]."""
        t = time.view(-1, 1, 1, 1)
        scale = self.model.noise * ((1 - t) ** 2 + t**2).sqrt()
        return mean + self._correction((noisy - mean) / scale, mean, degraded, time)

    def _correction(self, offset: Tensor, mean: Tensor, degraded: Tensor, time: Tensor) -> Tensor:
        plane = time.view(-1, 1, 1, 1).expand_as(degraded[:, :1])
        return self.body(torch.cat((offset, mean, degraded, plane), dim=1)).float()


def noise_of(images: Tensor, seed: int) -> Tensor:
    """Draw normal noise in the shape of the images; that of each hangs on the seed and its own 8-bit levels alone."""
    levels = (255 * images.detach()).round().clamp(0, 255).to("cpu", torch.uint8).contiguous()
    digests = (sha256(image.numpy().tobytes()).hexdigest() for image in levels)
    draws = [torch.randn(images.shape[1:], generator=generator(seed, "flow", digest)) for digest in digests]
    return torch.stack(draws).to(images)
