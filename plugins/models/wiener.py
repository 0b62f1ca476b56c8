"""Wiener deconvolution with the true kernel: the linear inverse that does not amplify what the blur destroyed.

    minimise ‖K x − y‖² + b ‖Λ x‖²        K: the blur, Λ: the Laplacian, b: balance · noise² / 0.01²

On an endless image its solution is X = Y · H* / (|H|² + b · |Λ|²), as `skimage.restoration.wiener` has it (H: the
kernel's transfer function; Orieux, Giovannelli & Rodet 2010, JOSA A 27). An image has borders, at which that leaves
ripples; so the minimum is found by conjugate gradients (Hestenes & Stiefel 1952), from the blurred image on. The
balance follows the variance of the noise, where the degradation tells it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor, nn

from benchbench import Model, Recipe, Task, hookimpl, param

from ._deconvolution import SENSOR, Blur, confined, no_kernel, noise_variance

STEPS = 30
ACCURACY = 1e-6
"""Of what float32 can tell; beyond it, conjugate gradients go astray."""


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [Wiener]


@dataclass(frozen=True)
class Wiener(Model):
    """Wiener deconvolution, told the kernel of the blur."""

    name = "wiener"
    recipe: ClassVar[Recipe | None] = None
    sees: ClassVar[tuple[str, ...]] = ("region", "truth")

    balance: float = param(4e-3, "smoothness against fidelity, at noise of 0.01", low=1e-9, high=1e3)

    def build(self, task: Task) -> nn.Module:
        return WienerFilter(self.balance)

    def unavailable(self, task: Task) -> str | None:
        return no_kernel(task)


class WienerFilter(nn.Module):
    """Degraded images and `truth["kernel"]` `(N, 1, h, w)` to restored ones."""

    def __init__(self, balance: float) -> None:
        super().__init__()
        self.balance = balance

    def forward(self, degraded: Tensor, region: Tensor | None, truth: Mapping[str, Tensor]) -> Tensor:
        height, width = degraded.shape[-2:]
        blur = Blur(truth["kernel"], height, width, region)
        balance = self.balance * noise_variance(degraded, truth) / SENSOR**2
        return confined(blur.cut(smoothest(blur, degraded, balance)), degraded, region)


def smoothest(blur: Blur, images: Tensor, balance: Tensor, steps: int = STEPS) -> Tensor:
    """The scene that minimises ‖K x − y‖² + balance ‖Λ x‖² for images y `(N, C, H, W)`, by conjugate gradients."""

    def normal(scene: Tensor) -> Tensor:
        return blur.transposed(blur(scene)) + balance * laplacian(laplacian(scene))

    goal, scene = blur.transposed(images), blur.scene(images)
    rest = goal - normal(scene)
    direction, size, enough = rest, energy(rest), ACCURACY**2 * energy(goal)
    for _ in range(steps):
        image = normal(direction)
        step = (size / energy(direction, image).clamp(min=1e-30)) * (size > enough)
        scene, rest = scene + step * direction, rest - step * image
        before, size = size, energy(rest)
        direction = rest + size / before.clamp(min=1e-30) * direction
    return scene


def laplacian(images: Tensor) -> Tensor:
    """Four times each pixel less its neighbours, with borders repeated: a symmetric matrix."""
    around = F.pad(images, (1, 1, 1, 1), mode="replicate")
    across = around[..., 1:-1, :-2] + around[..., 1:-1, 2:]
    return 4 * images - across - around[..., :-2, 1:-1] - around[..., 2:, 1:-1]


def energy(one: Tensor, other: Tensor | None = None) -> Tensor:
    """Inner product `(N, 1, 1, 1)` of two images each, or of one with itself."""
    product = one * (one if other is None else other)  # summed an axis at a time: the batch's size changes no sum
    return product.sum(3, keepdim=True).sum(2, keepdim=True).sum(1, keepdim=True)
