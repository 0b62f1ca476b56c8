"""PSNR and SSIM of luma: scikit-image's on the Y of its `rgb2ycbcr`, by hand on grey, and inside regions."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from pictures import images
from skimage.color import rgb2ycbcr
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torch import Tensor

from benchbench_plugins.metrics.psnr_y import PSNRY
from benchbench_plugins.metrics.ssim_y import SSIMY


def luma(image: Tensor) -> np.ndarray:
    """Y (H, W), 16 to 235, of an RGB image (3, H, W)."""
    return rgb2ycbcr(image.double().numpy(), channel_axis=0)[0]


@pytest.mark.parametrize("shape", [(2, 3, 48, 48), (3, 3, 33, 47)])
def test_they_equal_scikit_image_on_luma(shape: tuple[int, int, int, int]) -> None:
    restored, clean = images(*shape, seed=1)
    pairs = [(luma(a), luma(b)) for a, b in zip(restored, clean, strict=True)]
    psnrs = [peak_signal_noise_ratio(b, a, data_range=255) for a, b in pairs]
    how = {"gaussian_weights": True, "use_sample_covariance": False, "data_range": 255, "full": True}
    ssims = [structural_similarity(a, b, **how)[1][5:-5, 5:-5].mean() for a, b in pairs]
    np.testing.assert_allclose(PSNRY()(restored, clean), psnrs, atol=1e-3)
    np.testing.assert_allclose(SSIMY()(restored, clean), ssims, atol=1e-5)


def test_a_grey_error_scores_the_range_of_luma_better_than_by_psnr() -> None:
    clean = torch.full((1, 1, 16, 16), 0.4)
    for channels in (1, 3):
        scores = PSNRY()(clean.expand(-1, channels, -1, -1) + 0.1, clean.expand(-1, channels, -1, -1))
        assert scores.item() == pytest.approx(20 + 20 * math.log10(255 / 219), abs=1e-3)


def test_what_luma_does_not_see_does_not_count() -> None:
    clean = torch.full((1, 3, 16, 16), 0.5)
    redder = clean + torch.tensor([0.1, -0.1 * 65.481 / 128.553, 0]).view(1, 3, 1, 1)
    assert PSNRY()(redder, clean).item() == pytest.approx(10 * math.log10(12 * 255**2), abs=1e-3)
    assert SSIMY()(redder, clean).item() == pytest.approx(1, abs=1e-5)


def test_inside_a_region_only_its_pixels_count() -> None:
    restored, clean = images(1, 3, 32, 32, seed=2)
    region = torch.zeros(1, 1, 32, 32, dtype=torch.bool)
    region[..., 8:24, 8:24] = True
    inside = PSNRY()(restored[..., 8:24, 8:24], clean[..., 8:24, 8:24])
    torch.testing.assert_close(PSNRY()(restored, clean, region), inside)
    assert PSNRY()(restored, clean, ~region & False).isnan().all()
