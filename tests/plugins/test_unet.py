from __future__ import annotations

import pytest
import torch

from benchbench import Task
from benchbench_plugins.models.unet import UNet

TASK = Task(64, None)  # type: ignore[arg-type]


@pytest.mark.parametrize("side", [16, 61, 64])
def test_starts_at_the_identity(side: int) -> None:
    images = torch.rand((2, 3, side, side), generator=torch.Generator().manual_seed(side))
    assert torch.equal(UNet().build(TASK)(images), images)


def test_sees_most_of_a_portrait_at_once() -> None:
    torch.manual_seed(0)
    module = UNet().build(TASK)
    for parameter in module.parameters():
        parameter.data += 0.02 * torch.randn(parameter.shape)
    images = torch.rand(1, 3, 64, 64).requires_grad_()
    module(images)[0, :, 32, 32].sum().backward()
    assert images.grad is not None
    touched = images.grad[0].abs().sum(0) > 0
    assert touched.any(0).sum() > 48
    assert touched.any(1).sum() > 48


def test_width_sets_the_capacity() -> None:
    sizes = [sum(p.numel() for p in UNet(width).build(TASK).parameters()) for width in (16, 32, 64)]
    assert sizes[0] < sizes[1] / 3 < sizes[2] / 9
