"""The degradations and metrics that SciPy and NumPy have too, image by image."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor

from benchbench import Peer, hookimpl

from ._images import each, images_of


@hookimpl
def benchbench_peers() -> list[Peer]:
    return [
        Peer("motion-blur", "scipy", motion_blur),
        Peer("pixel-flip", "numpy", pixel_flip, exact=False),
        Peer("occlude", "numpy", occlude, exact=False),
        Peer("rgb-histogram", "scipy", rgb_histogram),
    ]


def motion_blur(clean: Tensor, truth: Mapping[str, Tensor]) -> Callable[[], Tensor]:
    from scipy.ndimage import uniform_filter1d

    def one(image: np.ndarray, length: float) -> np.ndarray:
        return uniform_filter1d(image, int(length), axis=1, mode="reflect")

    return each(images_of(clean), one, truth["length"].tolist())


def pixel_flip(clean: Tensor, truth: Mapping[str, Tensor]) -> Callable[[], Tensor]:
    source = np.random.default_rng(0)

    def one(image: np.ndarray, fraction: float) -> np.ndarray:
        struck = source.random(image.shape[:2], np.float32) < fraction
        return np.where(struck[..., None], source.random(image.shape, np.float32), image)

    return each(images_of(clean), one, truth["fraction"].tolist())


def occlude(clean: Tensor, truth: Mapping[str, Tensor]) -> Callable[[], Tensor]:
    source = np.random.default_rng(0)

    def one(image: np.ndarray) -> np.ndarray:
        side = int(min(image.shape[:2]) * source.uniform(0.25, 0.4))
        top, left = (source.integers(0, length - side + 1) for length in image.shape[:2])
        copy = image.copy()
        copy[top : top + side, left : left + side] = 0
        return copy

    return each(images_of(clean), one)


def rgb_histogram(restored: Tensor, clean: Tensor) -> Callable[[], Tensor]:
    from scipy.stats import wasserstein_distance

    channels = [
        [(a.ravel(), b.ravel()) for a, b in zip(x, y, strict=True)]
        for x, y in zip(restored.cpu().numpy(), clean.cpu().numpy(), strict=True)
    ]
    return lambda: torch.tensor([np.mean([wasserstein_distance(a, b) for a, b in image]) for image in channels])
