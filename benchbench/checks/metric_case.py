"""A metric under examination: images for it, and what it makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from ..contracts.metric import Metric
from ..contracts.model import Task
from . import fixtures
from .law import Case, NotApplicable, require

SIZES = (8, 16, 31, 48, 63, 96, 128, 192, 256)


@dataclass
class MetricCase(Case):
    """A metric, tried at the first size for which it is available."""

    component: Metric

    @cached_property
    def side(self) -> int:
        """The size at which it is tried; `size` if it is available at none."""
        sizes = (s for s in (self.size, *SIZES) if self.reason(s) is None)
        return next(sizes, self.size)

    def reason(self, size: int, channels: int = 3) -> str | None:
        """Say why the metric cannot be had for images of this size, or None."""
        return self.component.unavailable(Task(size, fixtures.Softening(), channels))

    def unavailable(self) -> str | None:
        return self.reason(self.side)

    def clean(self, n: int = 3, size: int | None = None, channels: int = 3) -> Tensor:
        """Make pictures in [0, 1] on the device."""
        return fixtures.unit(fixtures.pictures(n, size or self.side, channels=channels)).to(self.device)

    def score(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        """Score images; a metric that needs a region gets one of all pixels."""
        if region is None and not self.component.whole:
            region = torch.ones_like(clean[:, :1], dtype=torch.bool)
        with torch.no_grad():
            return self.component(restored, clean, region)

    def worth(self, scores: Tensor) -> Tensor:
        """Turn scores so that more is better; of a shift, whichever way, less is."""
        if self.component.signed:
            return -scores.abs()
        return scores if self.component.higher_is_better else -scores

    def better(self, one: Tensor, other: Tensor) -> bool:
        """Tell whether all scores of `one` are better than those of `other`."""
        return bool((self.worth(one) > self.worth(other)).all())

    def require_number(self, scores: Tensor, what: str) -> None:
        """Raise Broken for NaN or infinity, unless the metric says that it may have none for a whole image."""
        require(not self.component.whole or bool(scores.isfinite().all()), f"{what} {scores.tolist()}")

    def regional(self) -> Tensor:
        """Make a region for three images. Raises NotApplicable for a metric of whole images."""
        if not self.component.regional:
            raise NotApplicable("it scores whole images only")
        return fixtures.disc(3, self.side).to(self.device)


def noisy(clean: Tensor) -> Tensor:
    """Damage images visibly, without wrecking them."""
    return fixtures.damaged(clean, "noise", 0.3)
