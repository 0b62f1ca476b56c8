"""Checkerboard: it recovers the strength of planted patterns of its stride, and answers to nothing else."""

from __future__ import annotations

import functools

import pytest
import torch
import torch.nn.functional as F
from pictures import images
from scipy.stats import spearmanr
from torch import Tensor

from benchbench import SpecError
from benchbench.contracts.applying import to_8bit
from benchbench_plugins.datasets.faces import Faces
from benchbench_plugins.metrics.checkerboard import Checkerboard

STRENGTHS = (0, 0.005, 0.01, 0.02, 0.05, 0.1)


@functools.cache
def portraits() -> Tensor:
    return Faces(n=12).load(64).pixels.float() / 255


def blurred(images: Tensor) -> Tensor:
    return F.avg_pool2d(F.pad(images, (1, 1, 1, 1), mode="reflect"), 3, stride=1)


def noisy(images: Tensor, sigma: float) -> Tensor:
    return images + sigma * torch.randn(images.shape, generator=torch.Generator().manual_seed(2))


def board(size: int, stride: int = 2) -> Tensor:
    """A pattern of mean zero and variance one with this period in both directions."""
    wave = torch.cos(2 * torch.pi * torch.arange(size) / stride)
    pattern = torch.outer(wave, wave)
    return pattern / pattern.square().mean().sqrt()


@pytest.mark.parametrize("stride", [2, 4])
@pytest.mark.parametrize("kind", ["sharp", "blurred", "noisy"])
def test_planted_patterns_are_ranked_over_all_images_and_their_strength_is_recovered(kind: str, stride: int) -> None:
    clean = portraits()
    base = {"sharp": clean, "blurred": blurred(clean), "noisy": noisy(clean, 0.05)}[kind]
    planted = torch.tensor(STRENGTHS).repeat_interleave(len(clean))
    scores = torch.cat([Checkerboard(stride)(to_8bit(base + s * board(64, stride)), clean) for s in STRENGTHS])
    assert spearmanr(planted, scores).statistic > 0.95
    strong = planted >= 0.05  # clipping takes a little of it
    torch.testing.assert_close(scores[strong] / 255, planted[strong], rtol=0.1, atol=0)


def transposed(images: Tensor, side: int) -> Tensor:
    """`images` at twice their size by a transposed convolution of stride 2 with a box of this side."""
    box = torch.full((1, 1, side, side), 4 / side**2)
    doubled = F.conv_transpose2d(images.flatten(0, 1)[:, None], box, stride=2, padding=1, output_padding=side % 2)
    return doubled.view(*images.shape[:2], *doubled.shape[-2:]).clamp(0, 1)


def test_a_transposed_convolution_shows_as_far_as_its_stride_does_not_divide_its_kernel() -> None:
    clean = portraits()
    half = F.avg_pool2d(clean, 2)
    uneven, even = (transposed(half, side) for side in (3, 4))
    parts = torch.linspace(0, 1, 6)
    scores = torch.stack([Checkerboard()(to_8bit(p * uneven + (1 - p) * even), clean) for p in parts])
    assert spearmanr(parts.repeat_interleave(len(clean)), scores.flatten()).statistic > 0.9
    assert scores[0].max() < 1.5
    assert scores[-1].min() > 20


def test_noise_blur_shading_and_a_shift_are_no_pattern() -> None:
    clean = portraits()
    for sigma in (0.05, 0.2):
        assert Checkerboard()(noisy(clean, sigma), clean).mean() == pytest.approx(2.6 * 255 * sigma / 64, rel=0.25)
    for other in (blurred(clean), clean**0.6, clean.roll(1, -1)):
        assert Checkerboard()(other, clean).max() < 0.5


def test_each_stride_has_its_own_pattern() -> None:
    _, clean = images(4, 3, 96, 96, seed=1)
    for stride in (3, 4, 8):
        restored = clean + 0.1 * board(96, stride)
        assert (Checkerboard(stride)(restored, clean) > 10 * Checkerboard(5)(restored, clean)).all()


def test_what_is_left_over_of_a_stride_is_cropped() -> None:
    _, clean = images(2, 1, 95, 95, seed=1)
    restored = clean + 0.2 * board(95, 8)
    cropped = Checkerboard(8)(restored[..., :88, :88], clean[..., :88, :88])
    torch.testing.assert_close(Checkerboard(8)(restored, clean), cropped)
    assert (cropped > 0).all()


def test_a_pattern_that_the_clean_image_has_too_is_no_excess() -> None:
    _, clean = images(2, 3, 64, 64, seed=1)
    striped = clean + 0.1 * board(64)
    assert (Checkerboard()(striped, striped) == 0).all()
    assert (Checkerboard()(clean, striped) == 0).all()


@pytest.mark.parametrize("stride", [1, 33])
def test_an_illegal_stride_is_refused(stride: int) -> None:
    with pytest.raises(SpecError, match="stride"):
        Checkerboard(stride)
