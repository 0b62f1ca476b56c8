"""Adversarial training (Goodfellow et al. 2014, arXiv 1406.2661), once for all models that use it.

The generator restores; the discriminator tells clean images from restored ones, by logits of any shape (one per image,
patch or pixel). Both descend binary cross-entropy, the generator with the labels turned round and a
reconstruction loss added:

    discriminator:  ½ · (BCE(D(clean), 1) + BCE(D(G(degraded)), 0))
    generator:      BCE(D(G(degraded)), 1) + reconstruction · loss(G(degraded), clean)

In every step of training the generator is updated first. Validation looks at the reconstruction loss alone: a score
from the discriminator means nothing beside that of another epoch.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer

from .model import Batch, Model, Task
from .parameters import param
from .recipe import Recipe

GENERATOR, DISCRIMINATOR = "generator", "discriminator"


class AdversarialPair(nn.Module):
    """A generator with the discriminator it trains against; restoring is the generator's work alone.

    >>> import torch
    >>> from torch import nn
    >>> from benchbench import AdversarialPair
    >>> AdversarialPair(nn.Identity(), nn.Conv2d(3, 1, 4))(torch.ones(2, 3, 8, 8)).shape
    torch.Size([2, 3, 8, 8])
    """

    def __init__(self, generator: nn.Module, discriminator: nn.Module) -> None:
        super().__init__()
        self.generator, self.discriminator = generator, discriminator

    def forward(self, degraded: Tensor, **side: Any) -> Tensor:
        return self.generator(degraded, **side)


@dataclass(frozen=True)
class AdversarialModel(Model):
    """A model whose training needs a second network; it gives both, and by `loss` the reconstruction loss.

    >>> from dataclasses import dataclass
    >>> from torch import nn
    >>> from benchbench import AdversarialModel
    >>> @dataclass(frozen=True)
    ... class TinyGAN(AdversarialModel):
    ...     "One convolution against one convolution."
    ...     name = "tiny-gan"
    ...     def build_generator(self, task):
    ...         return nn.Conv2d(task.channels, task.channels, 3, padding=1)
    ...     def build_discriminator(self, task):
    ...         return nn.Conv2d(task.channels, 1, 4)
    >>> print(TinyGAN(reconstruction=100))
    tiny-gan:reconstruction=100
    """

    recipe: ClassVar[Recipe | None] = Recipe(batch=32, lr=2e-4, schedule="constant")
    betas: ClassVar[tuple[float, float]] = (0.5, 0.999)
    """Of both Adams; Radford et al. 2015 (arXiv 1511.06434) found the usual 0.9 to oscillate."""

    reconstruction: float = param(
        10.0, "weight of the reconstruction loss beside the adversarial one", low=0, kw_only=True
    )

    @abstractmethod
    def build_generator(self, task: Task) -> nn.Module:
        """Build the restorer: `forward(degraded)`, and what `sees` names, to the restored images of the same shape."""

    @abstractmethod
    def build_discriminator(self, task: Task) -> nn.Module:
        """Build the network from images `(N, C, H, W)` to logits of any shape, high for clean images."""

    def build(self, task: Task) -> nn.Module:
        return AdversarialPair(self.build_generator(task), self.build_discriminator(task))

    def count_parameters(self, module: nn.Module) -> int:
        return sum(p.numel() for p in _pair(module).generator.parameters())

    def configure_optimizers(self, module: nn.Module) -> Mapping[str, Optimizer]:
        pair, optimizers = _pair(module), dict[str, Optimizer]()
        for name, part in (GENERATOR, pair.generator), (DISCRIMINATOR, pair.discriminator):
            optimizers[name] = Model.configure_optimizers(self, part)["all"]
            for group in optimizers[name].param_groups:
                if "betas" in group:
                    group["betas"] = self.betas
        return optimizers

    def training_step(self, module: nn.Module, batch: Batch, optimizer: str) -> Tensor:
        pair = _pair(module)
        side = batch.side(self)
        if optimizer == DISCRIMINATOR:
            with torch.no_grad(), frozen_statistics(pair.generator):
                restored = pair.generator(batch.degraded, **side)
            real, fake = pair.discriminator(batch.clean), pair.discriminator(restored)
            return 0.5 * (cross_entropy(real, 1.0) + cross_entropy(fake, 0.0))
        restored = pair.generator(batch.degraded, **side)
        with frozen_statistics(pair.discriminator):
            fooled = cross_entropy(pair.discriminator(restored), 1.0)
        return fooled + self.reconstruction * self.loss(restored, batch)


def cross_entropy(logits: Tensor, label: float) -> Tensor:
    """Compute the mean binary cross-entropy of logits of any shape against one label, in float32."""
    logits = logits.float()
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))


@contextmanager
def frozen_statistics(module: nn.Module) -> Iterator[None]:
    """Normalise by the batch as in training, without a trace in the running statistics.

    So each network's statistics see a batch once, in its own update, and not again when it serves the other's.
    """
    tracking = [m for m in module.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm) and m.track_running_stats]
    for norm in tracking:
        norm.track_running_stats = False
    try:
        yield
    finally:
        for norm in tracking:
            norm.track_running_stats = True


def _pair(module: nn.Module) -> AdversarialPair:
    if not isinstance(module, AdversarialPair):
        raise TypeError(f"an adversarial model trains an AdversarialPair, not a {type(module).__name__}")
    return module
