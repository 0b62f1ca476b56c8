"""The budget: how much training each model of a board gets.

Given in training FLOPs by default, so that a laptop and a data-centre GPU do the same work.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from ..errors import SpecError

Kind = Literal["flops", "epochs", "images", "seconds", "recipe"]
PRESETS = {"quick": "1TFLOP"}
_PREFIX = {"": 1.0, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*(?:([MGTP]?)FLOPs?|(epochs?|images?|s|min|h))", re.I | re.A)
_UNITS: dict[str, tuple[Kind, float]] = {
    "epoch": ("epochs", 1.0),
    "image": ("images", 1.0),
    "s": ("seconds", 1.0),
    "min": ("seconds", 60.0),
    "h": ("seconds", 3600.0),
}


def epoch_steps(images: int, batch: int) -> int:
    """Count the steps of an epoch: full batches; what would not fill one more waits for the next epoch's order.

    >>> epoch_steps(941, 32)
    29
    """
    return images // batch


def _measure(match: re.Match[str]) -> tuple[Kind, float]:
    kind, scale = _UNITS[match[3].lower().rstrip("s") or "s"] if match[3] else ("flops", _PREFIX[match[2].upper()])
    return kind, float(match[1]) * scale


@dataclass(frozen=True)
class Budget:
    """An amount of training; `text` is how it was asked for."""

    text: str
    kind: Kind
    amount: float = 0.0

    def __str__(self) -> str:
        return self.text

    @classmethod
    def parse(cls, text: str) -> Budget:
        """Parse `quick`, `recipe`, `50TFLOP`, `20epochs`, `10000images` or `60s`. Raises SpecError."""
        text = text.strip()
        if text == "recipe":
            return cls(text, "recipe")
        match = _AMOUNT.fullmatch(PRESETS.get(text, text))
        kind, amount = _measure(match) if match else ("flops", 0.0)
        if not 0 < amount < math.inf:
            raise SpecError(
                f"'{text}' is no budget: say quick ({PRESETS['quick']} a model), recipe (each model's own), "
                "or an amount such as 50TFLOP, 20epochs, 10000images, 60s"
            )
        return cls(text, kind, amount)

    @property
    def canonical(self) -> str:
        """One text for equal budgets, however they were asked for: `quick` and `1TFLOP` are one budget."""
        if self.kind == "recipe":
            return "recipe"
        short = f"{self.amount:g}"
        return f"{short if float(short) == self.amount else repr(self.amount)} {self.kind}"

    def times(self, factor: float) -> str | None:
        """Write a multiple of it; None for `recipe`, which is no amount.

        >>> Budget.parse("quick").times(5), Budget.parse("2min").times(5), Budget.parse("3epochs").times(5)
        ('5TFLOP', '600s', '15epochs')
        """
        if self.kind == "recipe":
            return None
        unit, one = {"flops": ("TFLOP", 1e12), "seconds": ("s", 1.0)}.get(self.kind, (self.kind, 1.0))
        return f"{factor * self.amount / one:g}{unit}"

    def steps(self, batch: int, steps_an_epoch: int, flops_an_image: float, recipe_epochs: int) -> int | None:
        """Count the optimizer steps that the budget buys, at least 1; None if only a clock can tell."""
        if self.kind == "seconds":
            return None
        exact = {
            "flops": self.amount / (flops_an_image * batch) if flops_an_image else steps_an_epoch,
            "images": self.amount / batch,
            "epochs": self.amount * steps_an_epoch,
            "recipe": recipe_epochs * steps_an_epoch,
        }[self.kind]
        return max(1, round(exact))
