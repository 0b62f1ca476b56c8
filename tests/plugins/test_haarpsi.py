"""HaarPSI against piq."""

from __future__ import annotations

import piq
import pytest
import torch
from torch import Tensor

from benchbench_plugins.metrics.haarpsi import HaarPSI


def images(n: int, channels: int, height: int, width: int, seed: int, noise: float = 0.1) -> tuple[Tensor, Tensor]:
    """Restored and clean images: blurred grain, and the same under noise."""
    source = torch.Generator().manual_seed(seed)
    clean = torch.rand(n, channels, height + 4, width + 4, generator=source)
    clean = torch.nn.functional.avg_pool2d(clean, 5, stride=1)
    noisy = clean + noise * torch.randn(clean.shape, generator=source)
    return noisy.clamp(0, 1), clean


@pytest.mark.parametrize("shape", [(2, 3, 48, 48), (3, 1, 33, 47), (1, 3, 16, 16)])
def test_it_equals_piq_an_image_at_a_time(shape: tuple[int, int, int, int]) -> None:
    restored, clean = images(*shape, seed=1)
    expected = torch.stack([piq.haarpsi(a, b) for a, b in zip(restored.split(1), clean.split(1), strict=True)])
    torch.testing.assert_close(HaarPSI()(restored, clean), expected, atol=1e-5, rtol=1e-5)
