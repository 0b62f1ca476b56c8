"""The degradations and metrics that SciPy and NumPy have too, image by image."""

from __future__ import annotations

import numpy as np

from benchbench import Peer, hookimpl

from ._images import degrades, scores


@hookimpl
def benchbench_peers() -> list[Peer]:
    return [
        Peer("motion-blur", "scipy", degrades(motion_blur, "kernel", "noise"), exact=False),
        Peer("pixel-flip", "numpy", degrades(pixel_flip, "fraction"), exact=False),
        Peer("occlude", "numpy", degrades(occlude), exact=False),
        Peer("rgb-histogram", "scipy", scores(rgb_histogram)),
    ]


_source = np.random.default_rng(0)


def motion_blur(image: np.ndarray, kernel: list[list[list[float]]], noise: float) -> np.ndarray:
    from scipy.ndimage import correlate

    blurred = correlate(image, np.array(kernel, np.float32)[0, ..., None], mode="reflect")
    return blurred + noise * _source.standard_normal(image.shape, np.float32)


def pixel_flip(image: np.ndarray, fraction: float) -> np.ndarray:
    struck = _source.random(image.shape[:2], np.float32) < fraction
    return np.where(struck[..., None], _source.random(image.shape, np.float32), image)


def occlude(image: np.ndarray) -> np.ndarray:
    side = int(min(image.shape[:2]) * _source.uniform(0.25, 0.4))
    top, left = (_source.integers(0, length - side + 1) for length in image.shape[:2])
    copy = image.copy()
    copy[top : top + side, left : left + side] = 0
    return copy


def rgb_histogram(a: np.ndarray, b: np.ndarray) -> float:
    from scipy.stats import wasserstein_distance

    return float(np.mean([wasserstein_distance(a[..., k].ravel(), b[..., k].ravel()) for k in range(a.shape[2])]))
