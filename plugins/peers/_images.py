"""Batches as the separate images that other libraries work on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor


def images_of(batch: Tensor) -> list[np.ndarray]:
    """`(N, C, H, W)` as a list of contiguous `(H, W, C)`."""
    return [np.ascontiguousarray(image) for image in batch.cpu().permute(0, 2, 3, 1).numpy()]


def batch_of(images: Sequence[np.ndarray]) -> Tensor:
    """A list of `(H, W, C)` as `(N, C, H, W)`."""
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float()


def each(images: Sequence[np.ndarray], call: Callable[..., Any], *values: Sequence[Any]) -> Callable[[], Tensor]:
    """A call that does the images one after another, each with its own of the values."""
    return lambda: batch_of([call(image, *own) for image, *own in zip(images, *values, strict=True)])
