"""FLOPs by `torch.utils.flop_counter`: of convolutions and matrix products; of all other work it counts none.

It lacks torchvision's deformable convolution, whose formulas are here.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import prod
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from torch.utils.flop_counter import FlopCounterMode

Shape = Sequence[int]


@contextmanager
def counted() -> Iterator[FlopCounterMode]:
    """Count the FLOPs of what is done in the `with` block: `get_total_flops` of what it gives.

    >>> import torch
    >>> from benchbench.flops import counted
    >>> with counted() as counter:
    ...     _ = torch.nn.functional.conv2d(torch.rand(1, 3, 8, 8), torch.rand(4, 3, 3, 3), padding=1)
    >>> counter.get_total_flops() == 2 * 4 * 3 * 3 * 3 * 8 * 8
    True
    """
    from torch.utils.flop_counter import FlopCounterMode

    _register()
    with FlopCounterMode(display=False) as counter:
        yield counter


def _register() -> None:
    """Have deformable convolutions counted; where nothing has imported torchvision there are none."""
    from torch.utils.flop_counter import flop_registry, register_flop_formula

    if "torchvision.ops" not in sys.modules:
        return
    operators = torch.ops.torchvision
    if operators.deform_conv2d not in flop_registry:
        register_flop_formula(operators.deform_conv2d)(deform_conv2d_flops)
        register_flop_formula(operators._deform_conv2d_backward)(deform_conv2d_backward_flops)


def deform_conv2d_flops(x: Shape, weight: Shape, *rest: Any, out_shape: Shape, **options: Any) -> int:
    """Count as for a convolution: two operations per weight and output pixel; sampling is free, as elsewhere."""
    batch, _, *pixels = out_shape
    return 2 * batch * prod(pixels) * prod(weight)


def deform_conv2d_backward_flops(gradient: Shape, x: Shape, weight: Shape, *rest: Any, **options: Any) -> int:
    """Count one product for the gradient of the sampled input and one for that of the weights; both are computed."""
    return 2 * deform_conv2d_flops(x, weight, out_shape=gradient)
