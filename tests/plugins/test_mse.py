"""MSE against scikit-image, and inside regions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage.metrics import mean_squared_error as skimage_mse
from torch import Tensor

from benchbench_plugins.metrics.mse import MSE

SHAPES = [(2, 3, 24, 24), (1, 1, 17, 31), (3, 3, 33, 20)]


def images(n: int, channels: int, height: int, width: int, seed: int, noise: float = 0.1) -> tuple[Tensor, Tensor]:
    """Restored and clean images: blurred grain, and the same under noise."""
    source = torch.Generator().manual_seed(seed)
    clean = torch.rand(n, channels, height + 4, width + 4, generator=source)
    clean = torch.nn.functional.avg_pool2d(clean, 5, stride=1)
    noisy = clean + noise * torch.randn(clean.shape, generator=source)
    return noisy.clamp(0, 1), clean


@pytest.mark.parametrize("shape", SHAPES)
def test_it_equals_scikit_image(shape: tuple[int, int, int, int]) -> None:
    restored, clean = images(*shape, seed=1)
    pairs = zip(restored.double().numpy(), clean.double().numpy(), strict=True)
    expected = [skimage_mse(a, b) for a, b in pairs]
    np.testing.assert_allclose(MSE()(restored, clean), expected, rtol=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_inside_a_region_it_equals_the_score_of_those_pixels(shape: tuple[int, int, int, int]) -> None:
    restored, clean = images(*shape, seed=2)
    region = torch.rand(shape[0], 1, *shape[2:], generator=torch.Generator().manual_seed(3)) < 0.3
    scores = MSE()(restored, clean, region)
    for number, score in enumerate(scores):
        inside = region[number, 0]
        a, b = (x[number][:, inside][None, :, :, None] for x in (restored, clean))
        torch.testing.assert_close(score[None], MSE()(a, b))
