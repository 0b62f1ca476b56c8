"""Wavelet denoising: small coefficients of a wavelet transform are noise and shrink towards zero (scikit-image).

BayesShrink (Chang, Yu & Vetterli 2000, IEEE TIP 9): in each sub-band the soft threshold is σ² / σ_x, where σ_x is the
standard deviation of the clean coefficients. The noise's σ is estimated in each channel from the finest diagonal
coefficients: their median magnitude / 0.6745 (Donoho & Johnstone 1994, Biometrika 81). Colours are denoised as luma and
chroma. scikit-image takes fewer levels by itself: at 64 px one, which leaves a quarter of the noise's energy.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Literal

import numpy as np
from torch import nn

from benchbench import Model, Recipe, Task, hookimpl, param

from ._classical import OnImages


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [Wavelet]


@dataclass(frozen=True)
class Wavelet(Model):
    """Wavelet denoising by BayesShrink, with the noise estimated from each image."""

    name = "wavelet"
    recipe: ClassVar[Recipe | None] = None

    wavelet: Literal["haar", "db2", "sym4", "bior4.4"] = param("sym4", "wavelet, by its name in PyWavelets")
    levels: int = param(3, "how often the resolution is halved", low=1, high=8)

    def build(self, task: Task) -> nn.Module:
        return OnImages(partial(denoise, wavelet=self.wavelet, levels=self.levels))


def denoise(image: np.ndarray, wavelet: str, levels: int) -> np.ndarray:
    """Denoise one image `(C, H, W)` in [0, 1]; where no noise is found it stays as it is."""
    from skimage.restoration import denoise_wavelet

    colour = len(image) == 3
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of sides shorter than the wavelet, and of channels without any detail
        restored = denoise_wavelet(image, wavelet=wavelet, wavelet_levels=levels, convert2ycbcr=colour, channel_axis=0)
    return np.where(np.isfinite(restored), restored, image)
