"""A small restorer that samples: posterior-mean rectified flow (Ohayon et al. 2025, ICLR, arXiv 2410.00418).

    μ, s = posterior(y)                        mean and deviation of the clean images that y may come from
    xₜ = μ + (1 − t)·(x − μ) + t·s·n           the straight line from a clean image x, t = 0, to μ with noise, t = 1
    loss = (μ − x)² + (estimate(xₜ, μ, y, t) − x)² + ⅒·σ²·(½·((μ − x) / s)² + log(s / σ))       t uniform in (0, 1)

A rectified flow (Liu et al. 2023, arXiv 2209.03003; Lipman et al. 2023, arXiv 2210.02747) goes back along such lines,
by an ordinary differential equation, to a sample of these clean images. An Euler step from time t to r is
xᵣ = e + (r / t)·(xₜ − e), e being the estimate. At t = 1 noise tells nothing of x, and e is μ: the first of the
steps is the posterior mean, and one step alone gives just that. Few steps lie between mean and sample: the more there
are, the sharper is the image, and the lower its PSNR (the perception–distortion tradeoff, Blau & Michaeli 2018).

The paper's noise is white and everywhere the same, and its networks have time to learn where it is to vanish. Here
the noise is what the mean is likely to lack, so that few steps of training do: its deviation s is learnt for each pixel
as that of a normal distribution (Nix & Weigend 1994), coarser scales have as much of it as fine ones, and it is grey.
One network serves all, with time as a plane of its input, and corrects y and μ by what is zero at first. It sees y in
the flow, too.

The noise hangs on the seed and the image's own 8-bit levels alone, so that an image is restored alike in any batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchbench import Batch, Model, Recipe, Task, generator, hookimpl, param

from ._blocks import Padded, Residual, conv, zeroed

MEAN = -1.0  # what stands in the plane of time where the posterior is asked for
LEAST, MOST = -2.0, 1.5  # logarithm of a pixel's deviation, in that of the parameter
WEIGHT = 0.1  # of learning the deviation beside the mean
SCALES, DEVIATION = (2, 4), 1.81  # of the noise: pixels a side besides single ones; of the sum, measured


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [Flow]


@dataclass(frozen=True)
class Flow(Model):
    """Posterior-mean rectified flow, which samples a sharp restoration."""

    name = "flow"
    recipe: ClassVar[Recipe | None] = Recipe(epochs=100, batch=16, lr=2e-3, optimizer="adamw", clip=1.0)

    steps: int = param(3, "passes of the network; 1: the posterior mean", low=1, high=1000)
    seed: int = param(0, "of the noise that a sample starts from", low=0)
    noise: float = param(0.05, "deviation of a pixel that training begins with", low=0.001, high=1)
    width: int = param(16, "channels at half resolution; 2 and 3 times as many below", low=4, high=512)

    def build(self, task: Task) -> nn.Module:
        return RectifiedFlow(network(3 * task.channels + 2, self.width, task.channels + 1), self)

    def training_step(self, module: nn.Module, batch: Batch, optimizer: str) -> Tensor:
        if not isinstance(module, RectifiedFlow):
            raise TypeError(f"{self.name} trains the module that it builds, not a {type(module).__name__}")
        mean, log_deviation = module.posterior(batch.degraded)
        start, fixed = mean.detach(), log_deviation.detach()  # or the mean would be made easy to leave, not good
        time = even(len(start), start)
        noise = self.noise * fixed.exp() * coloured(torch.randn_like(start[:, :1]))
        noisy = batch.clean + time.view(-1, 1, 1, 1) * (start + noise - batch.clean)
        estimate = module.estimate(noisy, start, fixed, batch.degraded, time)
        surprise = 0.5 * ((start - batch.clean) / self.noise).square() * (-2 * log_deviation).exp() + log_deviation
        return self.loss(mean, batch) + self.loss(estimate, batch) + WEIGHT * self.noise**2 * surprise.mean()


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


def levels(width: int, *deeper: int) -> nn.Sequential:
    """A block, all that lies deeper as a correction at half the resolution, and another block."""
    if not deeper:
        return nn.Sequential(block(width))
    down = nn.Conv2d(width, deeper[0], 2, stride=2)
    up = nn.Sequential(conv(deeper[0], 4 * width, 1), nn.PixelShuffle(2))
    return nn.Sequential(block(width), Residual(down, levels(*deeper), up), block(width))


def block(width: int) -> Residual:
    return Residual(conv(width, width), nn.ReLU(), conv(width, width))


class RectifiedFlow(nn.Module):
    """The posterior mean, and from there by further steps to a sample."""

    def __init__(self, body: nn.Module, model: Flow) -> None:
        super().__init__()
        self.body, self.model = body, model

    def forward(self, degraded: Tensor) -> Tensor:
        steps, (mean, log_deviation) = self.model.steps, self.posterior(degraded)
        if steps == 1:
            return mean
        noise = self.model.noise * log_deviation.exp() * noise_of(degraded, self.model.seed)
        x = mean + (steps - 1) / steps * noise
        for step in range(steps - 1, 0, -1):
            time = degraded.new_full((len(x),), step / steps)
            estimate = self.estimate(x, mean, log_deviation, degraded, time)
            x = estimate + (step - 1) / step * (x - estimate)
        return x

    def posterior(self, degraded: Tensor) -> tuple[Tensor, Tensor]:
        """Estimate mean `(N, C, H, W)` and log-deviation `(N, 1, H, W)` of the clean images for a degraded one.

        The deviation is in units of the parameter `noise`.
        """
        time = degraded.new_full((len(degraded),), MEAN)
        nothing = torch.zeros_like(degraded)
        correction, log_deviation = self._outputs(nothing, degraded, nothing[:, :1], degraded, time)
        return degraded + correction, log_deviation.clamp(LEAST, MOST)

    def estimate(self, noisy: Tensor, mean: Tensor, log_deviation: Tensor, degraded: Tensor, time: Tensor) -> Tensor:
        """Estimate the clean image from a point on the way to it, at the time `(N,)` in (0, 1]."""
        t, scale = time.view(-1, 1, 1, 1), log_deviation.exp()
        offset = (noisy - mean) / (self.model.noise * scale * ((1 - t) ** 2 + t**2).sqrt())
        return mean + scale * self._outputs(offset, mean, log_deviation, degraded, time)[0]

    def _outputs(self, *inputs: Tensor) -> tuple[Tensor, Tensor]:
        *images, time = inputs
        plane = time.view(-1, 1, 1, 1).expand_as(images[0][:, :1])
        found = self.body(torch.cat((*images, plane), dim=1)).float()
        return found[:, :-1], found[:, -1:]


def noise_of(images: Tensor, seed: int) -> Tensor:
    """Draw noise `(N, 1, H, W)` for images; that of each hangs on the seed and its own 8-bit levels alone."""
    levels = (255 * images.detach()).round().clamp(0, 255).to("cpu", torch.uint8).contiguous()
    digests = (sha256(image.numpy().tobytes()).hexdigest() for image in levels)
    size = (1, *images.shape[-2:])
    return coloured(torch.stack([torch.randn(size, generator=generator(seed, "flow", d)) for d in digests])).to(images)


def coloured(white: Tensor) -> Tensor:
    """Add to white noise `(N, 1, H, W)` its own means of 2×2 and 4×4 pixels, each as strong; of unit variance."""
    size = white.shape[-2:]
    parts = [white]
    for scale in SCALES:
        means = F.avg_pool2d(white, scale, ceil_mode=True, count_include_pad=False)
        parts.append(F.interpolate(scale * means, size, mode="bilinear"))
    return torch.stack(parts).sum(0) / DEVIATION
