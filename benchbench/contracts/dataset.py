"""The contract of data sets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from .component import Component

if TYPE_CHECKING:
    from torch import Tensor


# ── data sets ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Images:
    """What a data set gives: `n` images of one size, with whatever is known about them."""

    ids: Sequence[str]
    """`n` unique, stable names; splits and test-time randomness hang on them."""
    pixels: Tensor
    """uint8 `(n, 3, H, W)`, RGB."""
    masks: Tensor | None = None
    """bool `(n, 1, H, W)`, true on the face; a row without a true pixel means that this image has no mask."""
    attributes: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    """Columns of `n` values (text, numbers or None for unknown) for fairness audits."""
    identities: Sequence[str] | None = None
    """`n` names of persons; if given, all images of one person fall into the same split."""
    splits: Sequence[Literal["train", "validation", "test"]] | None = None
    """`n` official splits; if given, they replace the hash."""
    skipped: Sequence[tuple[str, str]] = ()
    """(file, reason) of each image left out."""


class Dataset(Component, ABC):
    """A source of portraits."""

    @abstractmethod
    def load(self, size: int) -> Images:
        """All images at `size`×`size` pixels; called once, the harness caches the result. Raises DataError."""

    @property
    def label(self) -> str:
        """The name that boards and folders show: the spec, unless a data set has a shorter one that is as clear."""
        return str(self)


"""Why a metric of regions cannot be had where there is none; the data and the degradation never change that."""
