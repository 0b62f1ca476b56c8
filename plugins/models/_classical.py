"""Restorers of scikit-image as modules: they work on NumPy arrays on the CPU, whatever device the images are on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn


class OnPlanes(nn.Module):
    """Gives all channels of all images, `(N·C, H, W)` float32, to a function that treats each on its own."""

    def __init__(self, function: Callable[[np.ndarray], np.ndarray]) -> None:
        super().__init__()
        self.function = function

    def forward(self, images: Tensor) -> Tensor:
        planes = images.detach().float().flatten(0, 1).cpu().numpy()
        return torch.from_numpy(self.function(planes)).reshape(images.shape).to(images)


class OnImages(nn.Module):
    """Gives one image after the other, `(C, H, W)` float32, to a function."""

    def __init__(self, function: Callable[[np.ndarray], np.ndarray]) -> None:
        super().__init__()
        self.function = function

    def forward(self, images: Tensor) -> Tensor:
        restored = [self.function(image) for image in images.detach().float().cpu().numpy()]
        return (
            torch.from_numpy(np.stack(restored)).reshape(images.shape).to(images)
        )  # scikit-image drops single channels
