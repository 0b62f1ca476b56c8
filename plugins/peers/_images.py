"""Peers made from functions of other libraries: of one image at a time, or of whole batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np
import torch
from torch import Tensor


def images_of(batch: Tensor) -> list[np.ndarray]:
    """Split `(N, C, H, W)` into a list of contiguous `(H, W, C)`."""
    return [np.ascontiguousarray(image) for image in batch.cpu().permute(0, 2, 3, 1).numpy()]


def each(call: Callable[..., Any], images: Sequence[Any], *values: Tensor) -> Callable[[], Tensor]:
    """Return a call that applies `call` to each image, with its own row of `values`, and stacks `(N, C, H, W)`."""
    rows = list(zip(images, *(value.tolist() for value in values), strict=True))
    return lambda: torch.from_numpy(np.stack([call(*row) for row in rows])).permute(0, 3, 1, 2).float()


def degrades(call: Callable[..., Any], *names: str) -> Callable[[Tensor, Mapping[str, Tensor]], Callable[[], Tensor]]:
    """Prepare to degrade image by image; `call` gets `(H, W, C)` in [0, 1] and the image's `truth` of these names."""
    return lambda clean, truth: each(call, images_of(clean), *(truth[name] for name in names))


def scores(call: Callable[..., Any]) -> Callable[[Tensor, Tensor], Callable[[], Tensor]]:
    """Prepare to score image by image; `call` gets the clean and the restored one, `(H, W, C)` in [0, 1]."""

    def prepare(restored: Tensor, clean: Tensor) -> Callable[[], Tensor]:
        pairs = list(zip(images_of(clean), images_of(restored), strict=True))
        return lambda: torch.tensor([float(call(*pair)) for pair in pairs])

    return prepare


def scores_batches(module: str, function: str, **options: Any) -> Callable[[Tensor, Tensor], Callable[[], Tensor]]:
    """Prepare to score whole batches by a module's function; the module, slow to import, is imported only then."""

    def prepare(restored: Tensor, clean: Tensor) -> Callable[[], Tensor]:
        call = getattr(import_module(module), function)
        return lambda: call(restored, clean, data_range=1.0, reduction="none", **options)

    return prepare
