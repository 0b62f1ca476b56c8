from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage.restoration import denoise_wavelet

from benchbench import Task
from benchbench_plugins.models.wavelet import Wavelet

TASK = Task(32, None)  # type: ignore[arg-type]


def noisy(sigma: float, *shape: int) -> tuple[torch.Tensor, torch.Tensor]:
    clean = torch.linspace(0.2, 0.8, shape[-1]).expand(shape)
    return clean, clean + sigma * torch.randn(shape, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("channels", [1, 3])
def test_matches_scikit_image(channels: int) -> None:
    _, images = noisy(0.08, 2, channels, 32, 40)
    restored = Wavelet("db2", 2).build(TASK)(images)
    for image, got in zip(images.numpy(), restored.numpy(), strict=True):
        expected = denoise_wavelet(image, wavelet="db2", wavelet_levels=2, convert2ycbcr=channels == 3, channel_axis=0)
        np.testing.assert_allclose(got, expected, atol=1e-6)


@pytest.mark.parametrize("sigma", [0.03, 0.1, 0.2])
def test_takes_off_most_of_the_noise_whose_strength_it_is_not_told(sigma: float) -> None:
    clean, images = noisy(sigma, 1, 3, 64, 64)
    error = (Wavelet().build(TASK)(images) - clean).square().mean()
    assert error < 0.1 * sigma**2


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("level", [0.0, 0.3, 1.0])
def test_a_flat_image_of_any_size_stays_flat(channels: int, level: float) -> None:
    for side in (1, 3, 8, 21):
        flat = torch.full((1, channels, side, side), level)
        torch.testing.assert_close(Wavelet().build(TASK)(flat), flat, atol=1e-6, rtol=0)


def test_an_edge_without_noise_stays_as_it_is() -> None:
    edge = (torch.arange(32) < 16).float().expand(1, 1, 32, 32)  # no diagonal detail, so that no noise is found
    torch.testing.assert_close(Wavelet("haar").build(TASK)(edge), edge, atol=1e-6, rtol=0)
