"""The degradations and metrics that scikit-image has too, image by image as its users call them."""

from __future__ import annotations

from functools import partial

import numpy as np
import skimage  # its submodules are imported when they are used

from benchbench import Peer, hookimpl

from ._images import degrades, scores


@hookimpl
def benchbench_peers() -> list[Peer]:
    swirl = partial(skimage.transform.swirl, order=1, mode="reflect")
    rotate = partial(skimage.transform.rotate, clip=False)  # by default it clips to what is in the image
    ssim = partial(skimage.metrics.structural_similarity, data_range=1, channel_axis=-1, gaussian_weights=True)
    return [
        Peer("swirl", "scikit-image", degrades(swirl, "centre", "strength", "radius", "rotation")),
        Peer("rotate", "scikit-image", degrades(rotate, "angle")),
        Peer("gaussian-blur", "scikit-image", degrades(gaussian_blur, "sigma", "noise"), exact=False),
        Peer("gaussian-noise", "scikit-image", degrades(gaussian_noise, "sigma"), exact=False),
        Peer("desaturate", "scikit-image", degrades(desaturate), exact=False),  # it takes other weights
        Peer("psnr", "scikit-image", scores(partial(skimage.metrics.peak_signal_noise_ratio, data_range=1))),
        Peer("mse", "scikit-image", scores(skimage.metrics.mean_squared_error)),
        Peer("ssim", "scikit-image", scores(partial(ssim, use_sample_covariance=False))),
    ]


def gaussian_blur(image: np.ndarray, sigma: float, noise: float) -> np.ndarray:
    blurred = skimage.filters.gaussian(image, sigma, mode="reflect", channel_axis=-1)
    return gaussian_noise(blurred, noise)


def gaussian_noise(image: np.ndarray, sigma: float) -> np.ndarray:
    return skimage.util.random_noise(image, var=sigma**2, clip=False)


def desaturate(image: np.ndarray) -> np.ndarray:
    return skimage.color.gray2rgb(skimage.color.rgb2gray(image))
