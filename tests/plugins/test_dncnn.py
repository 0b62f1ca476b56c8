from __future__ import annotations

import pytest
import torch
from torch import nn

from benchbench import Task
from benchbench_plugins.models.dncnn import DnCNN

GREY = Task(40, None, channels=1)  # type: ignore[arg-type]
COLOUR = Task(40, None)  # type: ignore[arg-type]


def test_grey_at_depth_17_has_the_papers_056_million_parameters() -> None:
    total = sum(p.numel() for p in DnCNN().build(GREY).parameters())
    assert round(total / 1e6, 2) == 0.56
    assert total == (9 * 64 + 64) + 15 * (9 * 64 * 64 + 2 * 64) + (9 * 64 + 1)


@pytest.mark.parametrize("depth", [3, 7, 17, 20])
def test_depth_is_the_number_of_convolutions(depth: int) -> None:
    layers = list(DnCNN(depth).build(COLOUR).modules())
    assert sum(isinstance(layer, nn.Conv2d) for layer in layers) == depth
    assert sum(isinstance(layer, nn.BatchNorm2d) for layer in layers) == depth - 2
    assert sum(isinstance(layer, nn.ReLU) for layer in layers) == depth - 1


@pytest.mark.parametrize("depth", [3, 7])
def test_a_pixel_sees_two_more_pixels_per_convolution(depth: int) -> None:
    torch.manual_seed(0)
    images = torch.rand(1, 3, 40, 40).requires_grad_()
    DnCNN(depth).build(COLOUR).eval()(images)[0, :, 20, 20].sum().backward()
    assert images.grad is not None
    rows = images.grad[0].abs().sum((0, 2)).nonzero()
    assert rows.max() - rows.min() + 1 == 2 * depth + 1


def test_predicts_what_to_add() -> None:
    module = DnCNN(3).build(COLOUR).eval()
    nn.init.zeros_(module.body[-1].weight)
    nn.init.zeros_(module.body[-1].bias)
    images = torch.rand(2, 3, 40, 40)
    assert torch.equal(module(images), images)
