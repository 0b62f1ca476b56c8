"""Rungs: the amounts of training, in FLOPs, after which a model is validated and scored.

Nothing of this depends on the budget: a training that goes on later has been looked at where it would have been.
"""

from __future__ import annotations

from math import isclose

FIRST = 10**11  # FLOPs of the first rung
RUNGS = (1, 2, 5)  # times FIRST, in each decade
TUNING = 2  # times FIRST: the rung to which learning rates are tried
FACTORS = (1.0, 1 / 3, 3.0)  # of the recipe's learning rates, that are tried; of equal validations the first counts


def rungs_up_to(flops: float) -> list[float]:
    """List the rungs, rising: 0.1, 0.2, 0.5, 1, 2, 5, 10, … TFLOP.

    >>> [rung_text(flops) for flops in rungs_up_to(3e12)]
    ['0.1TFLOP', '0.2TFLOP', '0.5TFLOP', '1TFLOP', '2TFLOP']
    """
    found, scale = list[float](), FIRST
    while scale <= flops:
        found += [float(scale * part) for part in RUNGS if scale * part <= flops]
        scale *= 10
    return found


def tuning_rung() -> float:
    """Compute the FLOPs to which each learning rate is tried.

    >>> rung_text(tuning_rung())
    '0.2TFLOP'
    """
    return float(FIRST * TUNING)


def rungs_at(step: int, step_flops: float) -> list[float]:
    """List the rungs that this step, counted from 1, of a training comes nearest to; mostly there is none."""
    if not step_flops:
        return []
    return [flops for flops in rungs_up_to((step + 1) * step_flops) if round(flops / step_flops) == step]


def rung_text(flops: float) -> str:
    """Write a rung as the budget that ends there.

    >>> rung_text(5e11)
    '0.5TFLOP'
    """
    return f"{flops / 1e12:g}TFLOP"


def factor_text(factor: float) -> str:
    """Write a factor of learning rates as people read it.

    >>> factor_text(1 / 3), factor_text(3.0)
    ('⅓', '3')
    """
    return "⅓" if isclose(factor, 1 / 3) else f"{factor:.3g}"


def factors_text() -> str:
    """Write the factors that are tried, rising.

    >>> factors_text()
    '⅓, 1 and 3'
    """
    *some, last = map(factor_text, sorted(FACTORS))
    return f"{', '.join(some)} and {last}"
