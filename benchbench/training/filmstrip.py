"""A strip of reconstructions: the same few validation images, restored at several moments of training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..contracts.model import Model
from ..data.degraded import DegradedSet, psnr_of
from ..files import write_atomically
from ..images import tiled
from .step import forward

IMAGES = 4
MOMENTS = tuple(2.0**-k for k in range(6, 0, -1))  # of the budget; besides, before the first step and at the end
LARGEST = 128  # px: larger images are shown, and kept in checkpoints, reduced to this side


@dataclass(frozen=True)
class Frame:
    """The strip's images at one moment."""

    step: int
    psnr: float
    """Over all of them, in dB."""
    images: Tensor
    """uint8 `(n, 3, H, W)` on the CPU."""


def is_due(before: float, after: float) -> bool:
    """Tell whether a moment lies in the part of the budget between `before` and `after`."""
    return any(before < moment <= after for moment in MOMENTS)


def frame(model: Model, module: nn.Module, validation: DegradedSet, device: torch.device, step: int) -> Frame:
    """Restore the first images of a degraded set by the module as it is now, which keeps its mode."""
    was_training = module.training
    batch = validation.batch(slice(0, IMAGES), device)
    restored = forward(model, module.eval(), batch).float().clamp(0, 1)
    module.train(was_training)
    return Frame(step, psnr_of(restored, batch.clean), _shown(restored.mul(255).round()))


def write_strip(path: Path, validation: DegradedSet, frames: Sequence[Frame]) -> None:
    """Write a PNG of a row per image; its columns are the degraded input, each frame, and the truth."""
    known = [validation.degraded[:IMAGES], *(f.images for f in frames), validation.clean[:IMAGES]]
    columns = [_shown(images).permute(0, 2, 3, 1).contiguous().numpy() for images in known]
    labels = [f"step {f.step:,}\n{f.psnr:.2f} dB" for f in frames]
    rows: list[list[np.ndarray]] = [list(row) for row in zip(*columns, strict=True)]
    write_atomically(path, tiled(rows, above=["degraded", *labels, "truth"]))


def _shown(images: Tensor) -> Tensor:
    """Convert levels 0–255 to uint8 on the CPU, reduced where the images are large."""
    if images.shape[-1] > LARGEST:
        images = F.interpolate(images.float(), (LARGEST, LARGEST), mode="area").round()
    return images.to("cpu", torch.uint8).contiguous()
