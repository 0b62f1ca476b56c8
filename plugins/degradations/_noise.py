"""The noise of a sensor, behind blurs that an optic makes."""

from __future__ import annotations

from torch import Tensor

from benchbench import Draw, Range

SENSOR = Range(0.01, 0.01)
"""Two and a half of 255 levels: what a photograph in good light has once it is scaled down."""


def with_noise(images: Tensor, span: Range, draw: Draw) -> tuple[Tensor, Tensor]:
    """Add white Gaussian noise to `(N, C, H, W)`, in place; returns its standard deviation `(N,)`, too."""
    sigma = draw.within(span)
    if span.high > 0:
        images = images.addcmul_(draw.normal(images.shape[1:]), sigma.view(-1, 1, 1, 1))
    return images, sigma
