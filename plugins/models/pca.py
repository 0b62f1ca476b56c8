"""Principal components of the training images: the best linear code, and the yardstick of every learned bottleneck.

    latent = Wᵀ (image − mean) / √(C·H·W),   restored = mean + √(C·H·W) · W latent

The columns of W are the leading orthonormal eigenvectors of the training images' covariance ("eigenfaces": Sirovich &
Kirby 1987; Turk & Pentland 1991). Each image is counted with its mirror image and, where there are few, moved by one
pixel either way, as no two faces are framed alike. The latent is in units of the root mean square over an image: one
step moves the image's values by that much on average. It is rounded to steps and stored by a range coder, with a normal
distribution for each component.

Nothing is descended: the components are fitted in closed form to at most 4096 training images, without a budget.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from benchbench import Batch, Model, Recipe, Task, hookimpl, param

from ._eigenfaces import Eigenfaces


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [PCA]


@dataclass(frozen=True)
class PCA(Model):
    """Principal components (eigenfaces), quantised and entropy-coded."""

    name = "pca"
    recipe: ClassVar[Recipe | None] = None
    restores: ClassVar[bool] = False
    rates: ClassVar[Mapping[str, Sequence[float]]] = {"step": (0.001, 0.0025, 0.0065, 0.016, 0.04)}

    components: int = param(
        512, "numbers kept of each image, as far as training images and copies go", low=1, high=4096
    )
    step: float = param(0.0065, "quantisation step of a component, in values of the image", low=2e-4, high=1)

    def build(self, task: Task) -> nn.Module:
        return Eigenfaces(self.components, task.channels, task.size, self.step)

    def fit(self, module: nn.Module, batches: Iterable[Batch]) -> None:
        if not isinstance(module, Eigenfaces):
            raise TypeError(f"{self.name} fits the module that it builds, not a {type(module).__name__}")
        module.fit_to(batches)
