"""The Fréchet distance of two sets of descriptors, taken for normal distributions.

    d² = ‖μ₁ − μ₂‖² + tr Σ₁ + tr Σ₂ − 2 tr (Σ₁Σ₂)^½

(Dowson & Landau 1982). With Σ = AᵀA, the centred descriptors A over √(n − 1), the last trace is the sum of the singular
values of A₁A₂ᵀ: exact where fewer images than numbers describe them, and no square root of a matrix that is singular.
"""

from __future__ import annotations

import torch
from torch import Tensor


def frechet_distance(ours: Tensor, theirs: Tensor) -> float:
    """Squared Fréchet distance of descriptors `(n, D)` and `(m, D)`, in float64; n and m are at least 2."""
    (mean, roots), (other, others) = _moments(ours), _moments(theirs)
    shared = torch.linalg.svdvals(roots @ others.T).sum()
    return float((mean - other).square().sum() + roots.square().sum() + others.square().sum() - 2 * shared)


def _moments(descriptors: Tensor) -> tuple[Tensor, Tensor]:
    """The mean `(D,)`, and a matrix A of at most D rows with AᵀA as the covariance."""
    values = descriptors.double()
    mean = values.mean(0)
    centred = (values - mean) / (len(values) - 1) ** 0.5
    return mean, torch.linalg.qr(centred, mode="r").R if len(centred) > centred.shape[1] else centred
