"""The factorized prior of CompressAI, trained from scratch by benchbench; its files are CompressAI's own."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import ClassVar

import torch
from compressai.models import FactorizedPrior
from torch import Tensor, nn

from benchbench import Batch, Codec, Model, Recipe, Task, hookimpl, param


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [CompressAIFactorized]


class Factorized(FactorizedPrior, Codec):
    """CompressAI's network, in benchbench's terms: images in and out, and one file for each."""

    def __init__(self, width: int, latent: int, size: int) -> None:
        super().__init__(width, latent)
        self.size = size
        self.entropy_bottleneck.quantiles.requires_grad_(False)  # found by `update`, not by descent

    def rated(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """The images, and the bits that they take, all together."""
        with torch.autocast(images.device.type, enabled=False):  # bf16 has too few digits for probabilities
            out = super().forward(images.float())
        return out["x_hat"][..., : self.size, : self.size], -out["likelihoods"]["y"].log2().sum()

    def forward(self, images: Tensor) -> Tensor:
        return self.rated(images)[0]

    def compress(self, images: Tensor) -> list[bytes]:
        return super().compress(images)["strings"][0]

    def decompress(self, data: Sequence[bytes]) -> Tensor:
        side = -(-self.size // self.downsampling_factor)
        return super().decompress([list(data)], (side, side))["x_hat"][..., : self.size, : self.size]


@dataclass(frozen=True)
class CompressAIFactorized(Model):
    """Factorized prior, `bmshj2018-factorized` of CompressAI (Ballé et al. 2018, arXiv 1802.01436)."""

    name = "compressai-factorized"
    recipe: ClassVar[Recipe | None] = Recipe(batch=16, lr=1e-3, clip=1.0)
    restores: ClassVar[bool] = False
    rates: ClassVar[Mapping[str, Sequence[float]]] = {"weight": (0.0003, 0.001, 0.003, 0.01, 0.03)}
    weight: float = param(0.001, "weight of 255² × mean squared error against bits per pixel", low=1e-6, high=10)
    width: int = param(48, "channels of the transforms; the paper has 128", low=1, high=512)
    latent: int = param(64, "channels of the latent; the paper has 192", low=1, high=512)

    def build(self, task: Task) -> nn.Module:
        return Factorized(self.width, self.latent, task.size)

    def training_step(self, module: nn.Module, batch: Batch, optimizer: str) -> Tensor:
        restored, bits = module.rated(batch.degraded)
        return bits / batch.clean[:, 0].numel() + self.weight * 255**2 * self.loss(restored, batch)

    def fit(self, module: nn.Module, batches: Iterable[Batch]) -> None:
        module.update(force=True, update_quantiles=True)  # the tables of the range coder

    def version(self) -> str:  # another CompressAI may write other bytes
        return f"compressai {metadata.version('compressai')}"

    def unavailable(self, task: Task) -> str | None:
        return None if task.channels == 3 else "is for images in colour"
