"""MAE, MSE, RMSE and PSNR against NumPy and scikit-image, and inside regions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from pictures import images
from skimage.metrics import mean_squared_error, peak_signal_noise_ratio

from benchbench import Metric
from benchbench_plugins.metrics import mae, mse, psnr, rmse

Reference = Callable[[np.ndarray, np.ndarray], float]
SHAPES = [(2, 3, 24, 24), (1, 1, 17, 31), (3, 3, 33, 20)]
METRICS: dict[str, tuple[Metric, Reference]] = {
    "mae": (mae.MAE(), lambda a, b: float(np.abs(a - b).mean())),
    "mse": (mse.MSE(), mean_squared_error),
    "rmse": (rmse.RMSE(), lambda a, b: float(np.linalg.norm(a - b) / a.size**0.5)),
    "psnr": (psnr.PSNR(), lambda a, b: peak_signal_noise_ratio(b, a, data_range=1)),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", METRICS)
def test_it_equals_its_reference(name: str, shape: tuple[int, int, int, int]) -> None:
    metric, reference = METRICS[name]
    restored, clean = images(*shape, seed=1)
    pairs = zip(restored.double().numpy(), clean.double().numpy(), strict=True)
    np.testing.assert_allclose(metric(restored, clean), [reference(a, b) for a, b in pairs], rtol=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", METRICS)
def test_inside_a_region_it_equals_the_score_of_those_pixels(name: str, shape: tuple[int, int, int, int]) -> None:
    metric, _ = METRICS[name]
    restored, clean = images(*shape, seed=2)
    region = torch.rand(shape[0], 1, *shape[2:], generator=torch.Generator().manual_seed(3)) < 0.3
    for number, score in enumerate(metric(restored, clean, region)):
        inside = region[number, 0]
        a, b = (x[number][:, inside][None, :, :, None] for x in (restored, clean))
        torch.testing.assert_close(score[None], metric(a, b))


def test_each_image_has_a_psnr_of_its_own() -> None:
    clean = torch.zeros(3, 3, 8, 8)
    restored = torch.tensor([0.1, 0.01, 1.0]).view(3, 1, 1, 1).expand_as(clean)
    torch.testing.assert_close(psnr.PSNR()(restored, clean), torch.tensor([20.0, 40.0, 0.0]))


def test_the_psnr_of_identical_images_is_that_of_rounding_to_8_bits_also_inside_a_region() -> None:
    clean = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    region = torch.zeros(1, 1, 8, 8, dtype=torch.bool)
    region[..., 2:5, 2:5] = True
    restored = torch.where(region, clean, 1 - clean)
    assert psnr.PSNR()(restored, clean, region).item() == pytest.approx(58.922, abs=1e-3)
    assert psnr.PSNR()(restored, clean).isfinite().all()
