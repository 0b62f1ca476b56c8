"""Wiener deconvolution with the true kernel: the linear inverse that does not amplify what the blur destroyed.

    X = Y · H* / (|H|² + balance · |Λ|²)        H: the kernel's transfer function, Λ: the Laplacian's

As `skimage.restoration.wiener`, for a batch of images with a kernel each; Orieux, Giovannelli & Rodet 2010, JOSA A 27.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from benchbench import Model, Recipe, Task, hookimpl, param

from ._deconvolution import confined, extended, filtered, no_kernel, transfer


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [Wiener]


@dataclass(frozen=True)
class Wiener(Model):
    """Wiener deconvolution, told the kernel of the blur."""

    name = "wiener"
    recipe: ClassVar[Recipe | None] = None
    sees: ClassVar[tuple[str, ...]] = ("region", "truth")

    balance: float = param(1e-4, "smoothness against fidelity", low=1e-9, high=1e3)

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
        restored = self.deconvolve(extended(degraded), truth["kernel"])[..., :height, :width]
        return confined(restored, degraded, region)

    def deconvolve(self, images: Tensor, kernels: Tensor) -> Tensor:
        """Periodic images `(N, C, H, W)` and the kernels `(N, 1, h, w)` they were correlated with."""
        size = images.shape[-2:]
        blur = transfer(kernels, *size)
        laplacian = images.new_tensor([[0, -1, 0], [-1, 4, -1], [0, -1, 0]])[None, None]
        roughness = transfer(laplacian, *size).abs().square()
        # The Laplacian lets the mean pass unpunished: a kernel of sum 1 keeps the denominator above zero there.
        return filtered(images, blur.conj() / (blur.abs().square() + self.balance * roughness))
