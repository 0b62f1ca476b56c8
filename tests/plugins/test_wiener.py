from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from scipy.ndimage import correlate, laplace
from skimage.restoration import wiener
from torch import Tensor

from benchbench import Degradation, Degraded, Draw, Task
from benchbench_plugins.models._deconvolution import Blur
from benchbench_plugins.models.wiener import Wiener, smoothest


@dataclass(frozen=True)
class Uneven(Degradation):
    """Blurs each image with a kernel of its own."""

    name = "test-uneven"

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        kernel = draw.uniform(0.1, 1, (1, 5, 3))
        kernel = kernel / kernel.sum((-2, -1), keepdim=True)
        planes = [
            [correlate(plane, k[0]) for plane in image] for image, k in zip(clean.numpy(), kernel.numpy(), strict=True)
        ]
        return Degraded(torch.from_numpy(np.array(planes, dtype=np.float32)), truth={"kernel": kernel})


@dataclass(frozen=True)
class Nothing(Degradation):
    name = "test-nothing"

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        return Degraded(clean, truth={"strength": draw.uniform()})


def smooth(n: int, height: int, width: int) -> Tensor:
    coarse = torch.rand((n, 3, height // 4, width // 4), generator=torch.Generator().manual_seed(n))
    return torch.nn.functional.interpolate(coarse, (height, width), mode="bicubic").clamp(0, 1)


def kernels(n: int, height: int, width: int, seed: int = 0) -> Tensor:
    drawn = torch.rand((n, 1, height, width), generator=torch.Generator().manual_seed(seed)) + 0.1
    return drawn / drawn.sum((-2, -1), keepdim=True)


@pytest.mark.parametrize("balance", [0.1, 1.0])
def test_matches_scikit_image_away_from_the_border(balance: float) -> None:
    images, kernel = smooth(2, 64, 64), kernels(2, 5, 3)
    scene = smoothest(Blur(kernel, 64, 64), images, torch.tensor(balance), 100)
    for image, k, got in zip(images.numpy(), kernel.numpy(), Blur(kernel, 64, 64).cut(scene).numpy(), strict=True):
        turned = k[0, ::-1, ::-1]  # scikit-image convolves where the degradations correlate
        expected = np.array([wiener(plane, turned, balance, clip=False) for plane in image])
        inner = (slice(None), slice(20, -20), slice(20, -20))
        np.testing.assert_allclose(got[inner], expected[inner], atol=5e-3)


def test_is_the_least_squares_solution_up_to_the_border() -> None:
    height, width, balance = 7, 6, 0.05
    kernel = kernels(1, 3, 5)
    blur, image = (
        Blur(kernel, height, width),
        torch.rand(1, 1, height, width, generator=torch.Generator().manual_seed(3)),
    )
    units = np.eye((height + 2) * (width + 4)).reshape(-1, height + 2, width + 4)
    seen = np.array([correlate(u, kernel[0, 0].double().numpy(), mode="constant")[1:-1, 2:-2] for u in units])
    rough = np.array([-laplace(u, mode="nearest") for u in units])
    system = np.vstack([seen.reshape(len(units), -1).T, balance**0.5 * rough.reshape(len(units), -1).T])
    wanted = np.concatenate([image.double().numpy().ravel(), np.zeros(len(units))])
    expected = np.linalg.lstsq(system, wanted, rcond=None)[0].reshape(height + 2, width + 4)
    scene = smoothest(blur, image, torch.tensor(balance), 300)[0, 0]
    np.testing.assert_allclose(blur.cut(scene), expected[1:-1, 2:-2], atol=1e-3)


@pytest.mark.parametrize("mode", ["reflect", "nearest", "constant"])
def test_undoes_a_blur_whatever_lies_beyond_the_border(mode: str) -> None:
    clean, kernel = smooth(2, 32, 32), kernels(2, 5, 5)
    kernel[..., 2, 2] += 2  # no frequency is lost
    kernel = kernel / kernel.sum((-2, -1), keepdim=True)
    blurred = [[correlate(p, k[0], mode=mode) for p in im] for im, k in zip(clean.numpy(), kernel.numpy(), strict=True)]
    module = Wiener(1e-9).build(Task(32, Uneven()))
    restored = module(torch.tensor(np.array(blurred)), region=None, truth={"kernel": kernel})
    inner = (..., slice(6, -6), slice(6, -6))
    torch.testing.assert_close(restored[inner], clean[inner], atol=5e-3, rtol=0)


def test_each_image_meets_its_own_kernel() -> None:
    images, kernel = smooth(3, 16, 16), kernels(3, 3, 3)
    module = Wiener().build(Task(16, Uneven()))
    together = module(images, region=None, truth={"kernel": kernel})
    alone = module(images[1:2], region=None, truth={"kernel": kernel[1:2]})
    torch.testing.assert_close(together[1:2], alone, atol=1e-5, rtol=1e-4)


def test_a_kernel_larger_than_the_image_is_folded() -> None:
    flat, kernel = torch.full((1, 3, 8, 8), 0.4), kernels(1, 41, 41)
    restored = Wiener().build(Task(8, Uneven()))(flat, region=None, truth={"kernel": kernel})
    torch.testing.assert_close(restored, flat, atol=1e-4, rtol=0)


def test_outside_the_region_nothing_changes() -> None:
    images, region = smooth(1, 16, 16), torch.zeros(1, 1, 16, 16, dtype=torch.bool)
    region[..., 4:12, 4:12] = True
    restored = Wiener().build(Task(16, Uneven()))(images, region=region, truth={"kernel": kernels(1, 3, 3)})
    outside = ~region.expand_as(images)
    assert torch.equal(restored[outside], images[outside])
    assert not torch.equal(restored, images)


def test_is_unavailable_without_a_kernel() -> None:
    assert Wiener().unavailable(Task(16, Uneven())) is None
    assert Wiener().unavailable(Task(16, Nothing())) == "needs a blur with a known kernel, which test-nothing is not"
