from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torchvision.ops import deform_conv2d

from benchbench import flops


def counted(work: Callable[[], Tensor], backward: bool) -> int:
    with flops.counted() as counter:
        result = work()
        if backward:
            result.sum().backward()
    return int(counter.get_total_flops())


@pytest.mark.parametrize(
    ("backward", "stride", "groups", "kernel"),
    [(False, 1, 1, 3), (False, 2, 1, 3), (False, 1, 2, 3), (True, 1, 1, 3), (True, 2, 1, 1)],
)
def test_a_deformable_convolution_costs_what_the_convolution_of_its_shapes_costs(
    backward: bool, stride: int, groups: int, kernel: int
) -> None:
    plain = nn.Conv2d(4, 6, kernel, stride, padding=kernel // 2, groups=groups)
    x = torch.rand(2, 4, 9, 8, requires_grad=True)
    offset = torch.zeros(2, 2 * kernel**2, *plain(x).shape[2:], requires_grad=True)

    def deformed() -> Tensor:
        return deform_conv2d(x, offset, plain.weight, plain.bias, stride=stride, padding=kernel // 2)

    torch.testing.assert_close(deformed(), plain(x))  # without offsets it is the convolution, so the costs compare
    assert counted(deformed, backward) == counted(lambda: plain(x), backward) > 0
