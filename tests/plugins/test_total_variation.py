from __future__ import annotations

import numpy as np
import torch
from skimage.restoration import denoise_tv_chambolle
from torch import Tensor

from benchbench import Task
from benchbench_plugins.models.total_variation import TotalVariation

TASK = Task(24, None)  # type: ignore[arg-type]


def variation(images: Tensor) -> float:
    return float(images.diff(dim=-1).abs().sum() + images.diff(dim=-2).abs().sum())


def test_matches_scikit_image_plane_by_plane() -> None:
    images = torch.rand((2, 3, 24, 17), generator=torch.Generator().manual_seed(0))
    restored = TotalVariation(0.2).build(TASK)(images)
    expected = np.stack([[denoise_tv_chambolle(plane, 0.2) for plane in image] for image in images.numpy()])
    np.testing.assert_allclose(restored.numpy(), expected, atol=1e-6)


def test_the_greater_the_weight_the_flatter() -> None:
    images = torch.rand((1, 3, 24, 24), generator=torch.Generator().manual_seed(1))
    flat = [variation(TotalVariation(weight).build(TASK)(images)) for weight in (0.01, 0.1, 1.0)]
    assert variation(images) > flat[0] > flat[1] > flat[2]


def test_takes_noise_off_a_step() -> None:
    clean = (torch.arange(24) < 12).float().expand(1, 3, 24, 24)
    noisy = clean + 0.1 * torch.randn(clean.shape, generator=torch.Generator().manual_seed(2))
    restored = TotalVariation().build(TASK)(noisy)
    assert (restored - clean).square().mean() < 0.25 * (noisy - clean).square().mean()
