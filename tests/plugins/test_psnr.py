"""PSNR against scikit-image, and inside regions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio
from torch import Tensor

from benchbench_plugins.metrics.psnr import PSNR

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
    expected = [peak_signal_noise_ratio(b, a, data_range=1) for a, b in pairs]
    np.testing.assert_allclose(PSNR()(restored, clean), expected, rtol=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_inside_a_region_it_equals_the_score_of_those_pixels(shape: tuple[int, int, int, int]) -> None:
    restored, clean = images(*shape, seed=2)
    region = torch.rand(shape[0], 1, *shape[2:], generator=torch.Generator().manual_seed(3)) < 0.3
    scores = PSNR()(restored, clean, region)
    for number, score in enumerate(scores):
        inside = region[number, 0]
        a, b = (x[number][:, inside][None, :, :, None] for x in (restored, clean))
        torch.testing.assert_close(score[None], PSNR()(a, b))


def test_each_image_has_a_psnr_of_its_own() -> None:
    clean = torch.zeros(3, 3, 8, 8)
    restored = torch.tensor([0.1, 0.01, 1.0]).view(3, 1, 1, 1).expand_as(clean)
    torch.testing.assert_close(PSNR()(restored, clean), torch.tensor([20.0, 40.0, 0.0]))


def test_identical_images_have_an_infinite_psnr_also_inside_a_region() -> None:
    clean = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    region = torch.zeros(1, 1, 8, 8, dtype=torch.bool)
    region[..., 2:5, 2:5] = True
    restored = torch.where(region, clean, 1 - clean)
    assert PSNR()(restored, clean, region).tolist() == [float("inf")]
    assert PSNR()(restored, clean).isfinite().all()
