"""FLOP formulas that `torch.utils.flop_counter` lacks: torchvision's deformable convolution, which it counts as 0."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from math import prod
from typing import Any

import torch

Shape = Sequence[int]


def register() -> None:
    """Make FlopCounterMode count deformable convolutions; where nothing has imported torchvision there are none."""
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
