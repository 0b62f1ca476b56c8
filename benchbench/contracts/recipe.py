"""How a model is trained."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args, get_type_hints

from ..errors import SpecError


@dataclass(frozen=True)
class Recipe:
    """How a model is trained. `epochs`, `schedule` and `patience` count under `--budget recipe` only.

    Under any other budget the rate is constant after a warm-up, and an average of the weights is judged.

    >>> from benchbench import Recipe
    >>> Recipe(epochs=200, optimizer="adamw", weight_decay=0.01).schedule
    'cosine'
    """

    epochs: int = 100
    batch: int = 32
    lr: float = 1e-3
    optimizer: Literal["adam", "adamw", "sgd"] = "adam"
    weight_decay: float = 0.0
    schedule: Literal["cosine", "plateau", "constant"] = "cosine"
    """cosine: linear warm-up over 2 % of the budget, then half a cosine; plateau: ReduceLROnPlateau on validation."""
    patience: int | None = None
    """Stop after this many epochs without a better validation loss; None never stops early."""
    flip: bool = True
    """Mirror each training image with probability one half, before it is degraded."""
    clip: float | None = None
    """Clip the norm of each optimizer's gradients to this value."""

    def __post_init__(self) -> None:
        """Raise SpecError for a value that cannot be trained with."""
        hints = get_type_hints(Recipe)
        for name in ("optimizer", "schedule"):
            if getattr(self, name) not in (legal := get_args(hints[name])):
                raise SpecError(f"Recipe({name}={getattr(self, name)!r}): it must be one of {', '.join(legal)}")
        for name in ("lr", "weight_decay", "clip"):
            if (value := getattr(self, name)) is not None and not 0 <= value < math.inf:  # NaN is not, either
                raise SpecError(f"Recipe({name}={value}): it must be a finite number, at least 0")
        for name in ("epochs", "batch"):
            if getattr(self, name) < 1:
                raise SpecError(f"Recipe({name}={getattr(self, name)}): it must be at least 1")
