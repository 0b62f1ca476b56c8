"""The contract of degradations."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from .component import Component

if TYPE_CHECKING:
    from torch import Tensor

    from .seeding import Draw


# ── degradations ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Degraded:
    """Degraded images, and what is known of how they came about."""

    images: Tensor
    """float32 `(N, C, H, W)`; the harness clamps them to [0, 1] and rounds them to 8 bits."""
    region: Tensor | None = None
    """bool `(N, 1, H, W)`: where the degradation acted, None for everywhere. `region=face` narrows it further."""
    truth: Mapping[str, Tensor] = field(default_factory=dict)
    """The parameters drawn, each with leading axis N; `invert` and non-blind models get them."""


@dataclass(frozen=True)
class Degradation(Component, ABC):
    """A way to spoil an image."""

    region: Literal["image", "face", "box"] = field(
        default="image",
        kw_only=True,
        metadata={"help": "where it acts: everywhere, inside the face mask, or in the face's bounding box"},
    )

    @abstractmethod
    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        """Degrade float32 `(N, C, H, W)` in [0, 1]; all randomness comes from `draw`. `clean` is a copy of its own.

        `draw.within(self.strength)` gives a value an image, `(N,)`, from a Range; use `.view(-1, 1, 1, 1)` to apply it.
        `draw.normal((C, H, W))` and `draw.uniform(low, high, (C, H, W))` give `(N, C, H, W)`. See `benchbench.Draw`.
        """

    def invert(self, degraded: Tensor, truth: Mapping[str, Tensor]) -> Tensor:
        """The ideal inverse, knowing the parameters drawn (swirl: the swirl back). Override it where one exists."""
        raise NotImplementedError(f"{self.name} has no inverse")

    @property
    def has_oracle(self) -> bool:
        """Whether `invert` exists and applies (confined to a region, what was moved across its edge is lost)."""
        return type(self).invert is not Degradation.invert and self.region == "image"

    def flow(self, truth: Mapping[str, Tensor], height: int, width: int) -> Tensor:
        """The ideal inverse as displacements in pixels, `(N, 2, H, W)`: columns, rows. Override it where one exists.

        The inverse takes the pixel at p from p + flow(p) of the degraded image, even where that lies outside of it.
        """
        raise NotImplementedError(f"{self.name} moves no pixels")

    @property
    def has_flow(self) -> bool:
        """Whether `flow` exists and applies."""
        return type(self).flow is not Degradation.flow and self.region == "image"


"""Why a metric of regions cannot be had where there is none; the data and the degradation never change that."""
