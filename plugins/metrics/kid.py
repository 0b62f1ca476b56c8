"""Kernel inception distance: the squared maximum mean discrepancy of Inception features.

With the kernel k(x, y) = (xᵀy / D + 1)³ of features of D = 2048 numbers, and n images in each set,

    MMD² = Σ_{i≠j} [k(xᵢ, xⱼ) + k(yᵢ, yⱼ)] / (n (n − 1)) − 2 Σ_{ij} k(xᵢ, yⱼ) / n²

which is not biased, and so below 0 for sets that are nearly equal. Bińkowski et al. 2018 (arXiv 1801.01401); theirs is
a mean over subsets of a thousand images, this is over all of them at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from benchbench import Metric, SetMetric, Task, Weights, hookimpl, missing_weights

from ._inception import INCEPTION, features


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [KID]


@dataclass(frozen=True)
class KID(SetMetric):
    """Kernel inception distance (× 1000).

    The squared maximum mean discrepancy of the Inception features of both sets, lower is better; a little below 0 for
    equal sets. Images are enlarged to 299 px. Bińkowski et al. 2018 (arXiv 1801.01401).
    """

    name = "kid"
    order = 73
    digits = 2
    higher_is_better = False
    library = "piq"
    least = 50
    weights: ClassVar[tuple[Weights, ...]] = (INCEPTION,)

    def describe(self, images: Tensor, clean: Tensor) -> Tensor:
        """Features `(N, 2048)`."""
        return features(images)

    def distance(self, restored: Tensor, clean: Tensor) -> float:
        ours, theirs, n = restored.double(), clean.double(), len(clean)
        among, between = _kernel(ours, ours) + _kernel(theirs, theirs), _kernel(ours, theirs)
        return 1000 * float((among.sum() - among.trace()) / (n * (n - 1)) - 2 * between.mean())

    def unavailable(self, task: Task) -> str | None:
        return missing_weights(INCEPTION)


def _kernel(x: Tensor, y: Tensor) -> Tensor:
    """The kernel of each pair, `(n, m)`, of features `(n, D)` and `(m, D)`."""
    return (x @ y.T / x.shape[1] + 1) ** 3
