"""Checkerboard energy: it answers to the pattern of its stride and to nothing else."""

from __future__ import annotations

import itertools

import pytest
import torch
import torch.nn.functional as F
from pictures import images
from torch import Tensor

from benchbench import SpecError
from benchbench_plugins.metrics.checkerboard import Checkerboard


def board(size: int, stride: int = 2) -> Tensor:
    """A pattern of mean zero with this period in both directions, values up to one."""
    wave = torch.cos(2 * torch.pi * torch.arange(size) / stride)
    return torch.outer(wave, wave)


@pytest.mark.parametrize("size", [12, 47, 64])
@pytest.mark.parametrize("channels", [1, 3])
def test_more_of_the_pattern_scores_worse(size: int, channels: int) -> None:
    _, clean = images(2, channels, size, size, seed=1)
    scores = [Checkerboard()(clean + amplitude * board(size), clean) for amplitude in (0, 0.05, 0.1, 0.2)]
    assert (scores[0] == 0).all()
    assert all((less < more).all() for less, more in itertools.pairwise(scores))


@pytest.mark.parametrize("stride", [2, 3, 4, 8])
def test_each_stride_has_its_own_pattern(stride: int) -> None:
    _, clean = images(4, 3, 96, 96, seed=1)
    restored = clean + 0.2 * board(96, stride)
    own = Checkerboard(stride)(restored, clean)
    other = Checkerboard(5)(restored, clean)
    assert (own > 2 * other).all()


def test_what_is_left_over_of_a_stride_is_cropped() -> None:
    _, clean = images(2, 3, 95, 95, seed=1)
    restored = clean + 0.2 * board(95, 8)
    cropped = Checkerboard(8)(restored[..., :88, :88], clean[..., :88, :88])
    torch.testing.assert_close(Checkerboard(8)(restored, clean), cropped)
    assert (cropped > 0).all()


def test_noise_of_the_same_energy_is_no_pattern() -> None:
    _, clean = images(32, 3, 64, 64, seed=1)
    noise = 0.1 * torch.randn(clean.shape, generator=torch.Generator().manual_seed(2))
    assert Checkerboard()(clean + noise, clean).mean() < 2
    assert Checkerboard()(clean + 0.1 * board(64), clean).min() > 4


def test_a_blurred_image_has_no_pattern() -> None:
    _, clean = images(32, 3, 64, 64, seed=1)
    blurred = F.avg_pool2d(F.pad(clean, (1, 1, 1, 1), mode="reflect"), 3, stride=1)
    assert Checkerboard()(blurred, clean).mean() < 2


def test_a_pattern_that_the_clean_image_has_too_is_no_excess() -> None:
    _, clean = images(2, 3, 64, 64, seed=1)
    striped = clean + 0.1 * board(64)
    assert (Checkerboard()(striped, striped) == 0).all()
    assert (Checkerboard()(clean, striped) == 0).all()


def test_a_pattern_too_weak_to_be_seen_does_not_count() -> None:
    flat = torch.full((1, 3, 64, 64), 0.5)
    scores = [Checkerboard()(flat + amplitude * board(64), flat).item() for amplitude in (1e-5, 0.1)]
    assert scores[0] < 0.1 < 5 < scores[1]


def transposed(images: Tensor, side: int) -> Tensor:
    """`images` at twice their size by a transposed convolution of stride 2 with a box of this side."""
    box = torch.full((1, 1, side, side), 4 / side**2)
    doubled = F.conv_transpose2d(images.flatten(0, 1)[:, None], box, stride=2, padding=1, output_padding=side % 2)
    return doubled.view(*images.shape[:2], *doubled.shape[-2:]).clamp(0, 1)


def test_a_transposed_convolution_shows_when_its_stride_does_not_divide_its_kernel() -> None:
    clean, _ = images(4, 3, 64, 64, seed=1)
    half = F.avg_pool2d(clean, 2)
    uneven, even = (Checkerboard()(transposed(half, side), clean) for side in (3, 4))
    assert (uneven > even + 10).all()
    assert (even < 3).all()


@pytest.mark.parametrize("stride", [1, 33])
def test_an_illegal_stride_is_refused(stride: int) -> None:
    with pytest.raises(SpecError, match="stride"):
        Checkerboard(stride)
