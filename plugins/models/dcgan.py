"""The generative adversarial network of a face compression study: cvae's shape, wider, against a discriminator.

After Radford et al. 2015 (arXiv 1511.06434). As published: binary cross-entropy, the reconstruction loss ×10 against
mode collapse, 30 epochs, a small convolutional discriminator, 973,443 parameters in the generator; the layers are not,
and are chosen to come within 1 % of that at 64×64 pixels. The reconstruction loss is L1, as in the study's cvae.

The latent is normalised to unit variance in training and rounded to steps, in training by noise of that width (Ballé et
al. 2016, arXiv 1611.01704), so that it can be stored: see cvae.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from benchbench import AdversarialModel, AdversarialPair, Batch, Codec, Model, Recipe, Task, hookimpl, param

from ._bottleneck import Normaliser, bottleneck_unavailable, decoder, encoder, latent_channels
from ._discriminator import patch_discriminator
from ._latent import LatentCodec, LatentCoder

WIDTHS = (40, 80, 120, 120)


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [DCGAN]


@dataclass(frozen=True)
class DCGAN(AdversarialModel):
    """Adversarial autoencoder, its latent quantised and entropy-coded."""

    name = "dcgan"
    recipe: ClassVar[Recipe | None] = Recipe(epochs=30, batch=100, lr=1e-3)
    rates: ClassVar[Mapping[str, Sequence[float]]] = {"step": (0.25, 0.5, 1, 2)}

    latent: int = param(512, "numbers kept of each image", low=1, high=65536)
    step: float = param(0.5, "quantisation step of the latent, in its standard deviations", low=0.01, high=100)

    def build(self, task: Task) -> nn.Module:
        return AdversarialCodec(self.build_generator(task), self.build_discriminator(task))

    def build_generator(self, task: Task) -> nn.Module:
        return Bottleneck(task, latent_channels(task, self.latent), LatentCoder(self.latent, self.step))

    def build_discriminator(self, task: Task) -> nn.Module:
        return patch_discriminator(task.channels, 32, 64, 128)

    def unavailable(self, task: Task) -> str | None:
        return bottleneck_unavailable(task, self.latent)

    def loss(self, restored: Tensor, batch: Batch) -> Tensor:
        return (restored.float() - batch.clean).abs().mean()

    def fit(self, module: nn.Module, batches: Iterable[Batch]) -> None:
        codec = generator_of(module)
        codec.coder.fit(torch.cat([codec.latents(batch.degraded) for batch in batches]))


def generator_of(module: nn.Module) -> Bottleneck:
    """The codec of a pair. Raises TypeError for any other module."""
    if not (isinstance(module, AdversarialPair) and isinstance(module.generator, Bottleneck)):
        raise TypeError(f"dcgan works on the module that it builds, not on a {type(module).__name__}")
    return module.generator


class Bottleneck(LatentCodec):
    """Encoder and decoder with a latent of unit variance."""

    def __init__(self, task: Task, channels: int, coder: LatentCoder) -> None:
        super().__init__(coder)
        self.normaliser = Normaliser(task)
        self.encoder = nn.Sequential(*encoder(task, WIDTHS, channels), nn.BatchNorm2d(channels, affine=False))
        self.decoder = decoder(task, WIDTHS, channels)
        self.grid = (channels, task.size // 16, task.size // 16)

    def latents(self, images: Tensor) -> Tensor:
        return self.encoder(self.normaliser(images)).float().flatten(1)

    def images(self, latents: Tensor) -> Tensor:
        return self.normaliser.back(self.decoder(latents.unflatten(1, self.grid)))

    def forward(self, images: Tensor) -> Tensor:
        if not self.training:
            return super().forward(images)
        latents = self.latents(images)
        return self.images(latents + self.coder.step * (torch.rand_like(latents) - 0.5))


class AdversarialCodec(AdversarialPair, Codec):
    """A pair whose generator is a codec."""

    def compress(self, images: Tensor) -> list[bytes]:
        return generator_of(self).compress(images)

    def decompress(self, data: Sequence[bytes]) -> Tensor:
        return generator_of(self).decompress(data)
