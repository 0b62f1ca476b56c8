from __future__ import annotations

from typing import get_args

import pytest
import torch
from torch import Tensor, nn

from benchbench import AdversarialPair, Task
from benchbench_plugins.models.deblur_gan import DeblurGAN, Upsampling, up

TASK = Task(32, None)  # type: ignore[arg-type]
KINDS: tuple[Upsampling, ...] = get_args(Upsampling)


def stage(kind: Upsampling) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(*up(kind, 4, 3))


@torch.no_grad()
def parity_gap(kind: Upsampling) -> float:
    """How much rows of even and odd number differ where the input is constant: a checkerboard without any cause."""
    image = stage(kind)[:-1](torch.ones(1, 4, 8, 8))[..., 3:-3, 3:-3]
    means = torch.stack([image[..., a::2, b::2].mean((2, 3)) for a in (0, 1) for b in (0, 1)])
    return float((means - means.mean(0)).abs().max())


@pytest.mark.parametrize("kind", KINDS)
def test_a_stage_doubles_the_resolution(kind: Upsampling) -> None:
    assert stage(kind)(torch.rand(2, 4, 5, 6)).shape == (2, 3, 10, 12)


def test_transposed_convolutions_leave_a_checkerboard() -> None:
    assert parity_gap("deconv") > 0.01


@pytest.mark.parametrize("kind", ["resize", "subpixel"])
def test_the_cures_start_without_one(kind: Upsampling) -> None:
    assert parity_gap(kind) < 1e-6


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("side", [32, 37])
def test_restores_images_of_any_size(kind: Upsampling, side: int) -> None:
    module = DeblurGAN(kind, width=4).build(TASK)
    assert module(torch.rand(1, 3, side, side)).shape == (1, 3, side, side)


def test_the_generator_corrects_its_input() -> None:
    module = DeblurGAN(width=4).build(TASK)
    assert isinstance(module, AdversarialPair)
    last = [layer for layer in module.generator.modules() if isinstance(layer, nn.Conv2d)][-1]
    for parameter in last.parameters():
        nn.init.zeros_(parameter)
    given: Tensor = torch.rand(1, 3, 32, 32)
    assert torch.equal(module(given), given)


def test_subpixel_learns_its_four_pixels_apart() -> None:
    layer = stage("subpixel")[0]
    assert isinstance(layer, nn.Conv2d)
    nn.Sequential(layer, nn.PixelShuffle(2))(torch.rand(1, 4, 6, 6))[..., ::2, ::2].sum().backward()
    assert layer.weight.grad is not None
    assert layer.weight.grad[::4].any()
    assert not layer.weight.grad[1::4].any()
