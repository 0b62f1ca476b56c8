"""Rungs: the amounts of training, in FLOPs, after which a model is scored, and ticks, after which it is validated.

Nothing of this depends on the budget: a training that goes on later has been looked at where it would have been.
"""

from __future__ import annotations

FIRST = 10**11  # FLOPs of the first rung and tick
RUNGS = (100, 200, 500)  # hundredths of FIRST, in each decade
TUNING = 200  # hundredths of FIRST: the rung to which learning rates are tried
FACTORS = (1.0, 1 / 3, 3.0)  # of the recipe's learning rates, that are tried; of equal validations the first counts
TICKS = (100, 125, 160, 200, 250, 315, 400, 500, 630, 800)  # ISO 3, R10: ten steps, nearly equal in the logarithm


def rungs_up_to(flops: float) -> list[float]:
    """List the rungs, rising: 0.1, 0.2, 0.5, 1, 2, 5, 10, … TFLOP.

    >>> [rung_text(flops) for flops in rungs_up_to(3e12)]
    ['0.1TFLOP', '0.2TFLOP', '0.5TFLOP', '1TFLOP', '2TFLOP']
    """
    return _ladder(RUNGS, flops)


def tuning_rung() -> float:
    """Compute the FLOPs to which each learning rate is tried.

    >>> rung_text(tuning_rung())
    '0.2TFLOP'
    """
    return float(FIRST // 100 * TUNING)


def ticks_up_to(flops: float) -> list[float]:
    """List the ticks, rising: ten a decade, the rungs among them."""
    return _ladder(TICKS, flops)


def rungs_at(step: int, step_flops: float) -> list[float]:
    """List the rungs that this step, counted from 1, of a training comes nearest to; mostly there is none."""
    return _nearest(RUNGS, step, step_flops)


def ticks_at(step: int, step_flops: float) -> list[float]:
    """List the ticks that this step, counted from 1, of a training comes nearest to."""
    return _nearest(TICKS, step, step_flops)


def rung_text(flops: float) -> str:
    """Write a rung as the budget that ends there.

    >>> rung_text(5e11)
    '0.5TFLOP'
    """
    return f"{flops / 1e12:g}TFLOP"


def _nearest(decade: tuple[int, ...], step: int, step_flops: float) -> list[float]:
    if not step_flops:
        return []
    return [flops for flops in _ladder(decade, (step + 1) * step_flops) if round(flops / step_flops) == step]


def _ladder(decade: tuple[int, ...], flops: float) -> list[float]:
    found, scale = list[float](), FIRST // 100
    while scale * decade[0] <= flops:
        found += [float(scale * part) for part in decade if scale * part <= flops]
        scale *= 10
    return found
