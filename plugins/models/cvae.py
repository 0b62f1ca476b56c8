"""The convolutional variational autoencoder of a face compression study: 64×64 pixels through 512 numbers.

    z ~ N(μ(x), σ²(x)),   loss = L1(decoder(z), x) + β · KL(N(μ, σ²) ‖ N(0, 1)) / (C·H·W)

Kingma & Welling 2013 (arXiv 1312.6114). Trained for 10 epochs of batches of 100, L1 loss, as published; the layers are
not, and are chosen to come within 1 % of the study's 443,491 parameters at 64×64 pixels (at other sizes the channels of
the latent change, so that its 512 numbers stay). β is benchbench's: at 0.05, about the mean error, the loss is the
likelihood bound of Laplacian noise, and less than that spends more bits on the image.

512 float32 numbers are 2,048 bytes, no compression. So the mean μ is rounded to steps and stored by a range coder,
with the normal distribution of each number over the training images. Restored images have been through these bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from benchbench import Batch, Model, Recipe, Task, hookimpl, param

from ._bottleneck import Normaliser, bottleneck_unavailable, decoder, encoder, latent_channels
from ._latent import LatentCodec, LatentCoder

WIDTHS = (32, 48, 64, 96)


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [CVAE]


@dataclass(frozen=True)
class CVAE(Model):
    """Convolutional variational autoencoder, its latent quantised and entropy-coded."""

    name = "cvae"
    recipe: ClassVar[Recipe | None] = Recipe(epochs=10, batch=100)
    rates: ClassVar[Mapping[str, Sequence[float]]] = {"step": (0.25, 0.5, 1, 2)}

    latent: int = param(512, "numbers kept of each image", low=1, high=65536)
    beta: float = param(0.01, "weight of the Kullback–Leibler divergence", low=0, high=10)
    step: float = param(0.5, "quantisation step of the latent", low=0.01, high=100)

    def build(self, task: Task) -> nn.Module:
        return VariationalCodec(task, latent_channels(task, self.latent), LatentCoder(self.latent, self.step))

    def unavailable(self, task: Task) -> str | None:
        return bottleneck_unavailable(task, self.latent)

    def loss(self, restored: Tensor, batch: Batch) -> Tensor:
        return (restored.float() - batch.clean).abs().mean()

    def training_step(self, module: nn.Module, batch: Batch, optimizer: str) -> Tensor:
        if not isinstance(module, VariationalCodec):
            raise TypeError(f"{self.name} trains the module that it builds, not a {type(module).__name__}")
        mean, deviation = module.posterior(batch.degraded)
        restored = module.images(sample(mean, deviation))
        return self.loss(restored, batch) + self.beta * divergence(mean, deviation) / batch.clean[0].numel()

    def fit(self, module: nn.Module, batches: Iterable[Batch]) -> None:
        if not isinstance(module, VariationalCodec):
            raise TypeError(f"{self.name} fits the module that it builds, not a {type(module).__name__}")
        module.coder.fit(torch.cat([module.latents(batch.degraded) for batch in batches]))


def sample(mean: Tensor, deviation: Tensor) -> Tensor:
    """A draw from the normal distribution, differentiable in both."""
    return mean + deviation * torch.randn_like(mean)


def divergence(mean: Tensor, deviation: Tensor) -> Tensor:
    """Kullback–Leibler divergence from N(0, 1) of `(N, count)`, in nats: summed over the latent, the batch's mean."""
    return (0.5 * (mean.square() + deviation.square() - 1) - deviation.log()).sum(1).mean()


class VariationalCodec(LatentCodec):
    """While it trains, the latent is drawn around its mean; afterwards the mean is rounded to steps."""

    def __init__(self, task: Task, channels: int, coder: LatentCoder) -> None:
        super().__init__(coder)
        self.normaliser = Normaliser(task)
        self.encoder = encoder(task, WIDTHS, 2 * channels)
        self.decoder = decoder(task, WIDTHS, channels)
        self.grid = (channels, task.size // 16, task.size // 16)

    def posterior(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Means and standard deviations, each `(N, count)`."""
        mean, log_deviation = self.encoder(self.normaliser(images)).float().chunk(2, dim=1)
        return mean.flatten(1), log_deviation.flatten(1).clamp(-8, 4).exp()

    def latents(self, images: Tensor) -> Tensor:
        return self.posterior(images)[0]

    def images(self, latents: Tensor) -> Tensor:
        return self.normaliser.back(self.decoder(latents.unflatten(1, self.grid)))

    def forward(self, images: Tensor) -> Tensor:
        return self.images(sample(*self.posterior(images))) if self.training else super().forward(images)
