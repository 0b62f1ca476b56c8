"""The contract of data sets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from .component import Component

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Images:
    """The `n` images of a data set, all of one size, with whatever is known about them.

    >>> import torch
    >>> from benchbench import Images
    >>> Images(["a", "b"], torch.zeros(2, 3, 32, 32, dtype=torch.uint8), attributes={"age": [30, None]}).ids
    ['a', 'b']
    """

    ids: Sequence[str]
    """`n` unique, stable names; splits and test-time randomness depend on them."""
    pixels: Tensor
    """uint8 `(n, 3, H, W)`, RGB."""
    masks: Tensor | None = None
    """bool `(n, 1, H, W)`, true on the face; a row without a true pixel means that this image has no mask."""
    attributes: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    """Columns of `n` values (text, numbers, or None for unknown) for fairness audits."""
    identities: Sequence[str] | None = None
    """`n` names of persons; if given, all images of one person fall into the same split."""
    splits: Sequence[Literal["train", "validation", "test"]] | None = None
    """`n` official splits; if given, they replace the hash."""
    skipped: Sequence[tuple[str, str]] = ()
    """(file, reason) of each image left out, and of each list that says nothing of some image, or of none."""


class Dataset(Component, ABC):
    """A source of portraits.

    >>> from dataclasses import dataclass
    >>> import torch
    >>> from benchbench import Dataset, Images, param
    >>> @dataclass(frozen=True)
    ... class Grey(Dataset):
    ...     "Plain grey images."
    ...     name = "grey"
    ...     n: int = param(4, "number of images", low=1)
    ...     def load(self, size):
    ...         pixels = torch.full((self.n, 3, size, size), 128, dtype=torch.uint8)
    ...         return Images([f"{i}.png" for i in range(self.n)], pixels)
    >>> Grey(2).load(32).pixels.shape
    torch.Size([2, 3, 32, 32])
    """

    @abstractmethod
    def load(self, size: int) -> Images:
        """Load all images at `size`×`size` pixels. Called once: the harness caches the result. Raises DataError."""

    @property
    def label(self) -> str:
        """The name on boards and of folders: the spec, unless the data set has a shorter one that is as clear."""
        return str(self)
