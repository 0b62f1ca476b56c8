"""The contract of metrics that give one score to a whole set of images."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from .metric import Metric

if TYPE_CHECKING:
    from torch import Tensor


class SetMetric(Metric, ABC):
    """One score for a whole set of restored images, against the set of the clean ones.

    It tells how alike two distributions are, not how alike an image and its original: a restored face may look real
    and show somebody else. So it never ranks models, and boards show it beside the metric that does. Each image is
    described by itself; the distance is of the descriptors of both sets. Its uncertainty is worked out from them, by a
    bootstrap over images, or over persons where they are known (Efron 1979, doi:10.1214/aos/1176344552).

    >>> from dataclasses import dataclass
    >>> import torch
    >>> from benchbench import SetMetric
    >>> @dataclass(frozen=True)
    ... class MeanColour(SetMetric):
    ...     "How far the mean colours of both sets are apart."
    ...     name = "mean-colour"
    ...     higher_is_better = False
    ...     def describe(self, images, clean):
    ...         return images.mean((2, 3))
    ...     def distance(self, restored, clean):
    ...         return float((restored.mean(0) - clean.mean(0)).norm())
    >>> MeanColour()(torch.zeros(50, 3, 8, 8), torch.ones(50, 3, 8, 8))
    tensor(1.7321)
    """

    default: ClassVar[bool] = False
    regional: ClassVar[bool] = False
    ranks: ClassVar[bool] = False
    least: ClassVar[int] = 30
    """The smallest number of images that it scores."""
    draws: ClassVar[int] = 50
    """How many sets the bootstrap draws; Efron & Tibshirani 1993 find 50 enough for a standard error."""

    @abstractmethod
    def describe(self, images: Tensor, clean: Tensor) -> Tensor:
        """Describe each of N images, float32 `(N, C, H, W)` in [0, 1], by itself, as `(N, …)`.

        `clean` are the same images undegraded, which may tell where to look: a face, for example. For the set of the
        clean images both are one. A metric that says `partial` may give NaN for an image, such as one without a face,
        which then is no part of either set.
        """

    @abstractmethod
    def distance(self, restored: Tensor, clean: Tensor) -> float:
        """Score a set by the descriptors of its images and those of as many clean ones, on the CPU: a finite number.

        Descriptors may repeat: the bootstrap draws with replacement.
        """

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        """Score a set of images `(N, C, H, W)` as a tensor without axes. Raises ValueError for a region."""
        if region is not None:
            raise ValueError(f"{self.name} scores sets of whole images: it cannot be confined to a region")
        ours, theirs = (self.describe(images, clean).cpu() for images in (restored, clean))
        return clean.new_tensor(self.distance(ours, theirs))

    @property
    def wants(self) -> str:
        """How many images it needs, in words; the data of a result never change that."""
        return f"needs at least {self.least} test images" + " that it can describe" * self.partial

    def too_few(self, images: int) -> str | None:
        """Say why so many images are no set to score, or None."""
        return f"{self.wants}, these are {images}" if images < self.least else None
