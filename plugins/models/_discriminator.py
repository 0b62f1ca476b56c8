"""The discriminator that the GANs share."""

from __future__ import annotations

from itertools import pairwise

from torch import nn

from ._blocks import conv


def patch_discriminator(channels: int, *widths: int) -> nn.Sequential:
    """Images `(N, C, H, W)` to a logit for each patch, as in DCGAN and pix2pix.

    4×4 convolutions with stride 2, batch norm in all but the first, leaky ReLU; a 3×3 convolution.
    """
    layers: list[nn.Module] = [nn.Conv2d(channels, widths[0], 4, 2, 1), nn.LeakyReLU(0.2)]
    for a, b in pairwise(widths):
        layers += [nn.Conv2d(a, b, 4, 2, 1), nn.BatchNorm2d(b), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, conv(widths[-1], 1))
