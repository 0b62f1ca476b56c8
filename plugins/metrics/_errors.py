"""The mean squared error that mse, rmse and psnr share."""

from __future__ import annotations

from torch import Tensor

from ._regions import mean_inside


def mean_squared_error(restored: Tensor, clean: Tensor, region: Tensor | None) -> Tensor:
    """Mean squared error `(N,)` over all channels and pixels, or those inside `region`; NaN where it is empty."""
    return mean_inside((restored - clean).square(), region).mean(1)
