"""The degradations and metrics that scikit-image has too, image by image as its users call them."""

from __future__ import annotations

from typing import Any

import numpy as np
import skimage  # its submodules are imported when they are used

from benchbench import Peer, hookimpl

from ._images import degrades, scores


@hookimpl
def benchbench_peers() -> list[Peer]:
    return [
        Peer("swirl", "scikit-image", degrades(swirl, "strength", "radius", "rotation", "centre")),
        Peer("rotate", "scikit-image", degrades(rotate, "angle")),
        Peer("gaussian-blur", "scikit-image", degrades(gaussian_blur, "sigma")),
        Peer("gaussian-noise", "scikit-image", degrades(gaussian_noise, "sigma"), exact=False),
        Peer("desaturate", "scikit-image", degrades(desaturate), exact=False),  # it takes other weights
        Peer("psnr", "scikit-image", scores(psnr)),
        Peer("mse", "scikit-image", scores(lambda a, b: skimage.metrics.mean_squared_error(a, b))),
        Peer("ssim", "scikit-image", scores(ssim)),
    ]


def swirl(image: np.ndarray, strength: float, radius: float, rotation: float, centre: list[float]) -> Any:
    return skimage.transform.swirl(image, centre, strength, radius, rotation, order=1, mode="reflect")


def rotate(image: np.ndarray, angle: float) -> Any:
    return skimage.transform.rotate(image, angle, clip=False)  # by default it clips to what is in the image


def gaussian_blur(image: np.ndarray, sigma: float) -> Any:
    return skimage.filters.gaussian(image, sigma, mode="reflect", channel_axis=-1)


def gaussian_noise(image: np.ndarray, sigma: float) -> Any:
    return skimage.util.random_noise(image, var=sigma**2, clip=False)


def desaturate(image: np.ndarray) -> Any:
    return skimage.color.gray2rgb(skimage.color.rgb2gray(image))


def psnr(a: np.ndarray, b: np.ndarray) -> Any:
    return skimage.metrics.peak_signal_noise_ratio(a, b, data_range=1)


def ssim(a: np.ndarray, b: np.ndarray) -> Any:
    gaussian = {"gaussian_weights": True, "use_sample_covariance": False}
    return skimage.metrics.structural_similarity(a, b, data_range=1, channel_axis=-1, **gaussian)
