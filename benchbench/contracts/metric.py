"""The contract of metrics."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from .component import Component
from .model import Task

if TYPE_CHECKING:
    from torch import Tensor

NO_REGION = "needs face masks, or a degradation that acts in a region"
"""Why a metric of regions cannot be had where there is none; the data and the degradation never change that."""
NOT_FITTED = "needs clean training images to be fitted to, as a run has them"
"""Why a metric that is fitted cannot be had by images alone."""


class Metric(Component, ABC):
    """A score for each image.

    >>> from dataclasses import dataclass
    >>> import torch
    >>> from benchbench import Metric
    >>> @dataclass(frozen=True)
    ... class WorstPixel(Metric):
    ...     "The largest error of any pixel."
    ...     name = "worst-pixel"
    ...     higher_is_better = False
    ...     def __call__(self, restored, clean, region=None):
    ...         error = (restored - clean).abs()
    ...         return (error if region is None else error * region).flatten(1).amax(1)
    >>> WorstPixel()(torch.zeros(2, 3, 8, 8), torch.ones(2, 3, 8, 8))
    tensor([1., 1.])
    """

    higher_is_better: ClassVar[bool]
    default: ClassVar[bool] = True
    """Whether models are scored by this one when no metric is named; say False if it is slow."""
    signed: ClassVar[bool] = False
    """Whether the score is a shift: 0 is best, its sign tells the direction, and it never ranks models."""
    unit: ClassVar[str] = ""
    digits: ClassVar[int] = 4
    """Decimals that boards show."""
    relevant: ClassVar[float | None] = None
    """The smallest difference between two models' means that matters; None if no one is known."""
    order: ClassVar[int] = 100
    """Place among the columns of a board, lowest first."""
    ranks: ClassVar[bool] = False
    """Whether boards rank the models by this metric; only one installed metric may say so."""
    symmetric: ClassVar[bool] = True
    """Whether restored and clean images may change places; say False if it matters which is which."""
    regional: ClassVar[bool] = True
    """Whether the score can be confined to a region."""
    whole: ClassVar[bool] = True
    """Whether the score is given for whole images; otherwise in regions only, where NaN may say that there is none."""
    partial: ClassVar[bool] = False
    """Whether an image may have no score, NaN, such as one without a face; means leave it out, and boards tell."""
    full_reference: ClassVar[bool] = True
    """Whether the clean image is compared with; say False of a score that judges the restored image alone."""
    known: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    """The tensors that `fit` estimated; empty in a metric that is not fitted."""
    library: ClassVar[str] = ""
    """The library that computes the score or is its reference, by distribution name; results record its version."""
    compares: ClassVar[Literal["images", "flow"]] = "images"
    """flow: it gets the displacement fields `(N, 2, H, W)` of model and ideal inverse, not the images; see `flow`."""

    @abstractmethod
    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        """Score images, float32 `(N, C, H, W)` in [0, 1], as `(N,)`; only inside `region`, bool `(N, 1, H, W)`."""

    def fit(self, images: Iterable[Tensor]) -> Mapping[str, Tensor]:
        """Estimate, as named tensors, what the score must know of clean images; it finds them in `self.known`.

        `images` gives every clean training image once, in an order that follows nothing, as batches `(n, C, H, W)` in
        [0, 1] on the CPU. Define it where there is something to know: the harness calls it once for a data set and a
        size, and caches what it gives.
        """
        return {}

    @property
    def needs_fit(self) -> bool:
        """Whether it has a `fit` of its own, before which it cannot score."""
        return type(self).fit is not Metric.fit

    def knowing(self, known: Mapping[str, Tensor]) -> Self:
        """Return this metric with what `fit` gave. It stays equal to one that is not fitted: the data has a name."""
        found = copy.copy(self)
        object.__setattr__(found, "known", dict(known))
        return found

    def unavailable(self, task: Task) -> str | None:
        """Say why this metric cannot be had for this task ("needs vgg16-397923af.pth in …"), or None."""
        return None

    def inapplicable(self, task: Task, has_flow: bool) -> str | None:
        """Say why a model cannot be scored on this task, or None; `has_flow`: whether it has a displacement field."""
        if self.compares == "flow" and not task.degradation.has_flow:
            return f"{task.degradation.name} has no displacement field"
        if self.compares == "flow" and not has_flow:
            return "only of models that estimate a displacement field"
        return self.unavailable(task)
