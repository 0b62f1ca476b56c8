"""The mean colour of images in CIELAB, which the shifts of lightness and hue share."""

from __future__ import annotations

import torch
from torch import Tensor

from ._regions import mean_inside


def mean_lab(images: Tensor, region: Tensor | None) -> Tensor:
    """Mean L*, a*, b* `(N, 3)` (sRGB, D65, 2° observer) of images `(N, C, H, W)`, or of the pixels inside `region`.

    In float64; C is 3, or 1 for grey.
    """
    from skimage.color import rgb2lab

    lab = rgb2lab(images.detach().expand(-1, 3, -1, -1).permute(0, 2, 3, 1).double().cpu().numpy())  # (N, H, W, 3)
    return mean_inside(torch.from_numpy(lab).permute(0, 3, 1, 2).to(images.device), region)
