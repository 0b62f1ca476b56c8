"""Batches as the separate images that other libraries work on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor


def images_of(batch: Tensor) -> list[np.ndarray]:
    """Split `(N, C, H, W)` into a list of contiguous `(H, W, C)`."""
    return [np.ascontiguousarray(image) for image in batch.cpu().permute(0, 2, 3, 1).numpy()]


def batch_of(images: Sequence[np.ndarray]) -> Tensor:
    """Stack a list of `(H, W, C)` as `(N, C, H, W)`."""
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float()


def each(images: Sequence[np.ndarray], call: Callable[..., Any], *values: Sequence[Any]) -> Callable[[], Tensor]:
    """Return a call that applies `call` to each image with its own row of `values`."""
    return lambda: batch_of([call(image, *own) for image, *own in zip(images, *values, strict=True)])
