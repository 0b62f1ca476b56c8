"""Whether images have the detail of their size, by their spectrum, and whether they have colour."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

EMPTY = {1 / 2: 0.04, 2 / 3: 0.056}
"""Share of all frequencies -> mean power above it, over that of the octave below, under which the spectrum is empty.

Of 205 photographs at 128 px, 98 % have at least 0.074 and 0.11; the same reduced to 32 to 96 px and enlarged again
(bilinear, bicubic or Lanczos, as JPEG of quality 90 too), 98 % have less than one of these two.
"""
_LUMA = (0.299, 0.587, 0.114)
_COLOURED = 8  # levels between the largest and the least channel: JPEG alone makes a few


def is_enlarged(pixels: Tensor) -> Tensor:
    """Tell which of uint8 `(n, 3, H, W)` lack the detail of their size, as bool `(n,)`.

    Enlarging leaves the spectrum empty above the frequencies of the smaller image. So does a blur.
    """
    found = emptiness_of(pixels, tuple(EMPTY))
    return (found < torch.tensor([*EMPTY.values()])[:, None]).any(0)


def emptiness_of(pixels: Tensor, shares: tuple[float, ...]) -> Tensor:
    """Compute for each share of all frequencies the mean power above it over that of the octave below, `(shares, n)`.

    By the discrete cosine transform, which sees no edge where an image ends.
    """
    from scipy.fft import dctn

    luma = torch.einsum("c,nchw->nhw", torch.tensor(_LUMA), pixels.float())
    power = torch.from_numpy(np.square(dctn(luma.numpy(), axes=(1, 2), norm="ortho")))
    rows, columns = ((torch.arange(side) + 0.5) / side for side in power.shape[1:])
    highest = torch.maximum(rows[:, None], columns[None])  # rows and columns are enlarged one after the other
    found = []
    for share in shares:
        above, below = highest > share, (highest > share / 2) & (highest <= share)
        found.append(power[:, above].mean(1) / power[:, below].mean(1).clamp(min=1e-9))
    return torch.stack(found)


def is_grey(pixels: Tensor) -> Tensor:
    """Tell which of uint8 `(n, 3, H, W)` have no colour, as bool `(n,)`: but for one pixel in a hundred."""
    spread = torch.stack([(some.amax(0).short() - some.amin(0).short() > _COLOURED).float().mean() for some in pixels])
    return spread < 0.01
