"""The vocabulary of the trained models: same-size convolutions, residuals, padding, and NAFNet's three parts."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def conv(inputs: int, outputs: int, kernel: int = 3, stride: int = 1, *, bias: bool = True) -> nn.Conv2d:
    """A convolution with zero padding that keeps the size, or divides it by the stride."""
    return nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=bias)


def zeroed(layer: nn.Conv2d) -> nn.Conv2d:
    """The layer with weights and bias at zero, so that a residual around it starts as the identity."""
    nn.init.zeros_(layer.weight)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def plain_cnn(*widths: int) -> nn.Sequential:
    """3×3 convolutions through the given channel counts with ReLU between, and He et al.'s (2015) start for ReLU."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        layer = conv(inputs, outputs)
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


class Residual(nn.Module):
    """`x + body(x)`."""

    def __init__(self, *body: nn.Module) -> None:
        super().__init__()
        self.body = nn.Sequential(*body)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


class Padded(nn.Module):
    """Runs a body that needs sides divisible by `multiple` on images of any size: pads with the edge, then crops."""

    def __init__(self, multiple: int, body: nn.Module) -> None:
        super().__init__()
        self.multiple, self.body = multiple, body

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        below, right = -height % self.multiple, -width % self.multiple
        if not (below or right):
            return self.body(x)
        return self.body(F.pad(x, (0, right, 0, below), mode="replicate"))[..., :height, :width]


class LayerNorm2d(nn.Module):
    """Layer normalisation over the channels of each pixel."""

    def __init__(self, channels: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels, eps)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x.permute(0, 2, 3, 1).float()).permute(0, 3, 1, 2)  # bf16 is slower and less exact


class SimpleGate(nn.Module):
    """The product of the two halves of the channels, which takes the place of an activation."""

    def forward(self, x: Tensor) -> Tensor:
        first, second = x.chunk(2, dim=1)  # (N, 2C, H, W) -> twice (N, C, H, W)
        return first * second


class ChannelAttention(nn.Module):
    """Simplified channel attention: each channel is scaled by a linear function of all channels' means."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.mix = conv(channels, channels, kernel=1)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.mix(x.mean((2, 3), keepdim=True))


class Scaled(nn.Module):
    """A 1×1 convolution times a learned factor a channel, zero at first: the residual around it starts as identity."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(conv(inputs, outputs, kernel=1).weight.detach())
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.factor = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        # Scaling the weights, not the result, saves a pass over the image, which costs more than the convolution.
        return F.conv2d(x, self.weight * self.factor[:, None, None, None], self.bias * self.factor)
