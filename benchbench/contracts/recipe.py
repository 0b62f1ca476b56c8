"""How a model is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..errors import SpecError
from .parameters import checked, param, parameters_of


@dataclass(frozen=True)
class Recipe:
    """How a model is trained. `epochs`, `schedule` and `patience` count under `--budget recipe` only.

    Under any other budget the rate is constant after a warm-up, and an average of the weights is judged.

    >>> from benchbench import Recipe
    >>> Recipe(epochs=200, optimizer="adamw", weight_decay=0.01).schedule
    'cosine'
    """

    epochs: int = param(100, low=1)
    batch: int = param(32, low=1)
    lr: float = param(1e-3, low=0)
    optimizer: Literal["adam", "adamw", "sgd"] = "adam"
    weight_decay: float = param(0.0, low=0)
    schedule: Literal["cosine", "plateau", "constant"] = "cosine"
    """cosine: linear warm-up over 2 % of the budget, then half a cosine; plateau: ReduceLROnPlateau on validation."""
    patience: int | None = param(None, low=1)
    """Stop after this many epochs without a better validation loss; None never stops early."""
    flip: bool = True
    """Mirror each training image with probability one half, before it is degraded."""
    clip: float | None = param(None, low=0)
    """Clip the norm of each optimizer's gradients to this value."""

    def __post_init__(self) -> None:
        """Raise SpecError for a value of a wrong type, or one that cannot be trained with."""
        for parameter in parameters_of(Recipe).values():
            value = getattr(self, parameter.name)
            if isinstance(value, str) and parameter.kind in (bool, int, float):  # no spec gives a recipe as text
                raise SpecError(f"Recipe: {parameter.name}={value!r} is text: it must be {parameter.legal}")
            object.__setattr__(self, parameter.name, checked(Recipe, parameter, value))
