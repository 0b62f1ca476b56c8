"""The contract of degradations."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from .component import Component

if TYPE_CHECKING:
    from torch import Tensor

    from .seeding import Draw


@dataclass(frozen=True)
class Degraded:
    """Degraded images, and what is known of how they came about.

    >>> import torch
    >>> from benchbench import Degraded
    >>> Degraded(torch.zeros(2, 3, 32, 32), truth={"factor": torch.tensor([0.5, 0.7])}).images.shape
    torch.Size([2, 3, 32, 32])
    """

    images: Tensor
    """float32 `(N, C, H, W)`; the harness clamps them to [0, 1] and rounds them to 8 bits."""
    region: Tensor | None = None
    """bool `(N, 1, H, W)`: where the degradation acted, None for everywhere. `region=face` narrows it further."""
    truth: Mapping[str, Tensor] = field(default_factory=dict)
    """The parameters drawn, each with leading axis N; `invert` and non-blind models get them."""


@dataclass(frozen=True)
class Degradation(Component, ABC):
    """A way to spoil an image.

    >>> from dataclasses import dataclass
    >>> from benchbench import Degradation, Degraded, Range, param
    >>> @dataclass(frozen=True)
    ... class Darken(Degradation):
    ...     "Multiplies each image by a factor of its own."
    ...     name = "darken"
    ...     factor: Range = param(Range(0.4, 0.8), "what pixels are multiplied by", low=0, high=1)
    ...     def apply(self, clean, draw):
    ...         factor = draw.within(self.factor)
    ...         return Degraded(clean * factor.view(-1, 1, 1, 1), truth={"factor": factor})
    >>> print(Darken("0.5..0.6"), Darken().has_oracle)
    darken:factor=0.5..0.6 False
    """

    region: Literal["image", "face", "box"] = field(
        default="image",
        kw_only=True,
        metadata={"help": "where it acts: everywhere, inside the face mask, or in the face's bounding box"},
    )
    degrades: ClassVar[bool] = True
    """False where it leaves every image as it is: then codecs are scored, and no restorers."""
    invertible: ClassVar[bool] = False
    """Whether it has an ideal inverse: true of a class that defines `invert`, unless it says otherwise."""
    moves_pixels: ClassVar[bool] = False
    """Whether that inverse moves pixels: true of a class that defines `flow`, unless it says otherwise."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "invertible" not in vars(cls):
            cls.invertible = cls.invert is not Degradation.invert
        if "moves_pixels" not in vars(cls):
            cls.moves_pixels = cls.flow is not Degradation.flow

    @abstractmethod
    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        """Degrade float32 `(N, C, H, W)` in [0, 1], a copy that may be changed. All randomness comes from `draw`.

        `draw.within(self.strength)` draws one value per image, `(N,)`, from a Range; `.view(-1, 1, 1, 1)` applies it.
        `draw.normal((C, H, W))` and `draw.uniform(low, high, (C, H, W))` give `(N, C, H, W)`. See `benchbench.Draw`.
        """

    def invert(self, degraded: Tensor, truth: Mapping[str, Tensor]) -> Tensor:
        """Undo the degradation, knowing the parameters drawn (swirl: swirl back). Define it where that is possible."""
        raise NotImplementedError(f"{self.name} has no inverse")

    def flow(self, truth: Mapping[str, Tensor], height: int, width: int) -> Tensor:
        """Give the ideal inverse as displacements in pixels, `(N, 2, H, W)`: columns, rows. Define it where one exists.

        The inverse takes the pixel at p from p + flow(p) of the degraded image, even where that lies outside of it.
        """
        raise NotImplementedError(f"{self.name} moves no pixels")

    @property
    def has_oracle(self) -> bool:
        """Whether `invert` applies: confined to a region, what was moved across its edge is lost."""
        return self.invertible and self.region == "image"

    @property
    def has_flow(self) -> bool:
        """Whether `flow` applies."""
        return self.moves_pixels and self.region == "image"
