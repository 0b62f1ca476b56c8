from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter
from skimage.restoration import richardson_lucy
from torch import Tensor

from benchbench import Degradation, Degraded, Draw, Task
from benchbench_plugins.models._deconvolution import Blur
from benchbench_plugins.models.richardson_lucy import Iteration, RichardsonLucy


@dataclass(frozen=True)
class Nothing(Degradation):
    name = "test-nothing"

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        return Degraded(clean)


TASK = Task(32, Nothing())


def gaussian(sigma: float, radius: int) -> Tensor:
    weights = torch.exp(-(torch.arange(-radius, radius + 1.0) ** 2) / (2 * sigma**2))
    weights = weights / weights.sum()
    return (weights[:, None] * weights)[None, None]


def test_matches_scikit_image_away_from_its_dark_border() -> None:
    images = torch.rand((2, 1, 40, 40), generator=torch.Generator().manual_seed(0))
    kernel = torch.rand((2, 1, 3, 3), generator=torch.Generator().manual_seed(1)) + 0.1
    kernel = kernel / kernel.sum((-2, -1), keepdim=True)
    blur = Blur(kernel, 40, 40)
    restored = blur.cut(Iteration(4).deconvolve(images, blur))
    reach = 2 * 4  # two convolutions of radius one in each iteration
    for image, k, got in zip(images.numpy(), kernel.numpy(), restored.numpy(), strict=True):
        expected = richardson_lucy(image[0], k[0, ::-1, ::-1], num_iter=4, clip=False)
        inside = (slice(reach, -reach), slice(reach, -reach))
        np.testing.assert_allclose(got[0][inside], expected[inside], rtol=1e-3)


def test_sharpens_a_gaussian_blur_the_more_the_longer() -> None:
    coarse = torch.rand((1, 3, 8, 8), generator=torch.Generator().manual_seed(2))
    clean = torch.nn.functional.interpolate(coarse, (32, 32), mode="bicubic").clamp(0, 1)
    blurred = torch.from_numpy(gaussian_filter(clean.numpy(), (0, 0, 1.5, 1.5)))
    errors = [(blurred - clean).square().mean()]
    for iterations in (5, 50):
        module = RichardsonLucy(iterations).build(TASK)
        truth = {"kernel": gaussian(1.5, 6), "noise": torch.zeros(1)}
        restored = module(blurred, region=None, truth=truth)
        errors.append((restored - clean).square().mean())
    assert errors[0] > errors[1] > errors[2]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**20), sigma=st.floats(0.3, 4))
def test_stays_finite_and_about_as_light_even_for_black_and_white_noise(seed: int, sigma: float) -> None:
    images = torch.rand((1, 3, 12, 12), generator=torch.Generator().manual_seed(seed)).round()
    restored = RichardsonLucy(20).build(TASK)(images, region=None, truth={"kernel": gaussian(sigma, 8)})
    assert restored.isfinite().all()
    torch.testing.assert_close(restored.mean((1, 2, 3)), images.mean((1, 2, 3)), rtol=0, atol=0.15)


def test_outside_the_region_nothing_changes() -> None:
    images = torch.rand((1, 3, 16, 16), generator=torch.Generator().manual_seed(4))
    region = torch.zeros(1, 1, 16, 16, dtype=torch.bool)
    region[..., 4:12, 4:12] = True
    restored = RichardsonLucy(3).build(TASK)(images, region=region, truth={"kernel": gaussian(1, 3)})
    outside = ~region.expand_as(images)
    assert torch.equal(restored[outside], images[outside])
    assert not torch.equal(restored, images)


def test_is_unavailable_without_a_kernel() -> None:
    assert RichardsonLucy().unavailable(TASK) == "needs a blur with a known kernel, which test-nothing is not"
