"""The U-Net of an unswirling study: self-attention, deformable convolutions, and a distortion field as its output.

    restored(p) = degraded(p + field(p)) inside the mask, degraded(p) outside       one bilinear warp, in one pass

    loss = ssim · (1 − SSIM) + smoothness · mean |differences of neighbouring displacements|
         + perceptual · distance of VGG16's features

all inside the mask, the disc that the swirl acted in; the model is told that disc, and boards mark it for that. With
`mask=false` it sees and corrects the bare image, and the loss is that of all of it: the study found that it then
collapses to the trivial solution and returns its input. Input is normalised by the training images' mean and standard
deviation. As published: Adam, ReduceLROnPlateau, at most 100 epochs, patience 10. The layers, the weights and the
learning rate are not. The perceptual term needs torchvision's VGG16 weights as a file; without it the model trains on
the other two, and says so.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchbench import Batch, Model, Recipe, Task, Weights, hookimpl, param

from ._bottleneck import Normaliser
from ._probe import probe
from ._vgg16 import VGG16
from ._warp_losses import dissimilarity, perceptual, perceptual_missing, roughness
from ._warp_unet import FieldUNet


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [SwirlUNet]


@dataclass(frozen=True)
class SwirlUNet(Model):
    """U-Net with attention and deformable convolutions that predicts a distortion field."""

    name = "swirl-unet"
    recipe: ClassVar[Recipe | None] = Recipe(epochs=100, batch=16, schedule="plateau", patience=10, clip=1.0)
    weights: ClassVar[tuple[Weights, ...]] = (VGG16,)

    mask: bool = param(True, "confine field and loss to the disc of the swirl")
    width: int = param(24, "channels at half resolution; they double at each level down", low=4, high=256)
    ssim: float = param(1.0, "weight of the SSIM loss", low=0)
    smoothness: float = param(0.01, "weight of the field's smoothness, displacements in pixels", low=0)
    perceptual: float = param(0.1, "weight of the perceptual loss", low=0)

    @property
    def sees(self) -> tuple[str, ...]:  # type: ignore[override]
        """The region, if the mask is on."""
        return ("region",) if self.mask else ()

    def version(self) -> str:
        return "without the perceptual loss" if self.perceptual and perceptual_missing() else ""

    def unavailable(self, task: Task) -> str | None:
        if self.mask and task.degradation.region == "image" and probe(task).region is None:
            return f"confined to the region of the degradation, and {task.degradation.name} acts everywhere: mask=false"
        return None

    def build(self, task: Task) -> nn.Module:
        return Unwarper(task, self.width, guided=self.mask)

    def flow(self, module: nn.Module, degraded: Tensor, region: Tensor | None = None) -> Tensor:  # type: ignore[override]
        return _unwarper(self, module).field(degraded, region)

    def notes(self, task: Task) -> Sequence[str]:
        reason = perceptual_missing() if self.perceptual else None
        return () if reason is None else (reason,)

    def loss(self, restored: Tensor, batch: Batch) -> Tensor:
        restored, mask = restored.float(), batch.region if self.mask else None
        total = self.ssim * dissimilarity(restored, batch.clean, mask)
        if self.perceptual and _say_once(perceptual_missing()) is None:
            total = total + self.perceptual * perceptual(restored, batch.clean, mask)
        return total

    def training_step(self, module: nn.Module, batch: Batch, optimizer: str) -> Tensor:
        mask = batch.region if self.mask else None
        field = _unwarper(self, module).field(batch.degraded, mask)
        restored = warp(batch.degraded, field, mask)
        return self.loss(restored, batch) + self.smoothness * roughness(field, mask)


def _unwarper(model: SwirlUNet, module: nn.Module) -> Unwarper:
    if not isinstance(module, Unwarper):
        raise TypeError(f"{model.name} works with the module that it builds, not with a {type(module).__name__}")
    return module


@functools.cache
def _say_once(reason: str | None) -> str | None:
    if reason is not None:
        print(reason)
    return reason


class Unwarper(nn.Module):
    """Predicts a field, and warps the image by it. If guided, it is shown the mask and positions."""

    def __init__(self, task: Task, width: int, guided: bool) -> None:
        super().__init__()
        self.normaliser, self.guided = Normaliser(task), guided
        self.net = FieldUNet(task.channels + (3 if guided else 0), width)

    def forward(self, degraded: Tensor, region: Tensor | None = None) -> Tensor:
        return warp(degraded, self.field(degraded, region), region)

    def field(self, degraded: Tensor, mask: Tensor | None) -> Tensor:
        """Displacements in pixels `(N, 2, H, W)`: columns, rows; zero outside the mask."""
        n, _, height, width = degraded.shape
        inside = degraded.new_ones((n, 1, height, width)) if mask is None else mask.to(degraded.dtype)
        shown = [self.normaliser(degraded)]
        if self.guided:
            shown += [inside, positions(height, width, degraded.device).expand(n, -1, -1, -1)]
        padded = F.pad(torch.cat(shown, 1), (0, -width % 8, 0, -height % 8))
        return self.net(padded)[..., :height, :width].float() * inside


def positions(height: int, width: int, device: torch.device) -> Tensor:
    """Column and row of each pixel from −1 to 1, `(1, 2, H, W)`."""
    rows, columns = (torch.linspace(-1, 1, length, device=device) for length in (height, width))
    return torch.stack(torch.meshgrid(columns, rows, indexing="xy"))[None]


def warp(images: Tensor, field: Tensor, mask: Tensor | None) -> Tensor:
    """`images` sampled bilinearly where the field points from each pixel, borders mirrored; unchanged off the mask."""
    height, width = images.shape[-2:]
    scale = field.new_tensor([2 / max(1, width - 1), 2 / max(1, height - 1)])
    points = positions(height, width, images.device).permute(0, 2, 3, 1) + field.permute(0, 2, 3, 1) * scale
    moved = F.grid_sample(images.float(), points, padding_mode="reflection", align_corners=True)
    return moved if mask is None else torch.where(mask, moved, images.float())
