"""The degradations and metrics that scikit-image has too, image by image as its users call them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchbench import Peer, hookimpl

from ._images import each, images_of


@hookimpl
def benchbench_peers() -> list[Peer]:
    return [
        Peer("swirl", "scikit-image", swirl),
        Peer("rotate", "scikit-image", rotate),
        Peer("gaussian-blur", "scikit-image", gaussian_blur),
        Peer("gaussian-noise", "scikit-image", gaussian_noise, exact=False),
        Peer("desaturate", "scikit-image", desaturate, exact=False),  # it takes other weights
        Peer("psnr", "scikit-image", psnr),
        Peer("mse", "scikit-image", mse),
        Peer("ssim", "scikit-image", ssim),
    ]


def swirl(clean: Tensor, truth: Mapping[str, Tensor]) -> Callable[[], Tensor]:
    from skimage.transform import swirl as skimage_swirl

    def one(image: np.ndarray, strength: float, radius: float, rotation: float, centre: list[float]) -> Any:
        return skimage_swirl(image, centre, strength, radius, rotation, order=1, mode="reflect")

    names = ("strength", "radius", "rotation", "centre")
    return each(images_of(clean), one, *(truth[name].tolist() for name in names))


def rotate(clean: Tensor, truth: Mapping[str, Tensor]) -> Callable[[], Tensor]:
    from skimage import transform

    def one(image: np.ndarray, angle: float) -> Any:
        return transform.rotate(image, angle, clip=False)  # by default it clips to what is in the image

    return each(images_of(clean), one, truth["angle"].tolist())


def gaussian_blur(clean: Tensor, truth: Mapping[str, Tensor]) -> Callable[[], Tensor]:
    from skimage.filters import gaussian

    def one(image: np.ndarray, sigma: float) -> Any:
        return gaussian(image, sigma, mode="reflect", channel_axis=-1)

    return each(images_of(clean), one, truth["sigma"].tolist())


def gaussian_noise(clean: Tensor, truth: Mapping[str, Tensor]) -> Callable[[], Tensor]:
    from skimage.util import random_noise

    def one(image: np.ndarray, sigma: float) -> Any:
        return random_noise(image, var=sigma**2, clip=False)

    return each(images_of(clean), one, truth["sigma"].tolist())


def desaturate(clean: Tensor, truth: Mapping[str, Tensor]) -> Callable[[], Tensor]:
    from skimage.color import gray2rgb, rgb2gray

    return each(images_of(clean), lambda image: gray2rgb(rgb2gray(image)))


def scores(restored: Tensor, clean: Tensor, call: Callable[..., Any]) -> Callable[[], Tensor]:
    """Return a call that scores image by image."""
    pairs = list(zip(images_of(clean), images_of(restored), strict=True))
    return lambda: torch.tensor([float(call(*pair)) for pair in pairs])


def psnr(restored: Tensor, clean: Tensor) -> Callable[[], Tensor]:
    from skimage.metrics import peak_signal_noise_ratio

    return scores(restored, clean, lambda a, b: peak_signal_noise_ratio(a, b, data_range=1))


def mse(restored: Tensor, clean: Tensor) -> Callable[[], Tensor]:
    from skimage.metrics import mean_squared_error

    return scores(restored, clean, mean_squared_error)


def ssim(restored: Tensor, clean: Tensor) -> Callable[[], Tensor]:
    from skimage.metrics import structural_similarity

    def one(a: np.ndarray, b: np.ndarray) -> Any:
        return structural_similarity(
            a, b, data_range=1, channel_axis=-1, gaussian_weights=True, use_sample_covariance=False
        )

    return scores(restored, clean, one)
