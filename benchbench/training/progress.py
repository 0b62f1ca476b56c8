"""A training told in numbers: how far it is, and what it has done."""

from __future__ import annotations

import math
from typing import Any

from .checkpoint import State


def progress_of(state: State, fraction: float, epoch_steps: int) -> dict[str, float]:
    """Tell how far a training is: the part of its budget in [0, 1], its speed, seconds left, the last validation."""
    last = state.history[-1] if state.history else {}
    return {
        "fraction": fraction,
        "images_per_second": state.step * state.batch / state.seconds if state.seconds else 0.0,
        "seconds_left": state.seconds * (1 - fraction) / fraction if fraction else math.nan,
        "epoch": state.step / epoch_steps,
        "rows": len(state.history),
        **{key: last[key] for key in ("train_loss", "validation_loss", "validation_psnr") if key in last},
    }


def facts_of(state: State, flops_per_image: float, epoch_steps: int) -> dict[str, Any]:
    """List what a result tells of a training: fields of `record.TrainingFacts`."""
    return {
        "steps": state.step,
        "epochs": round(state.step / epoch_steps, 4),
        "images": state.step * state.batch,
        "batch": state.batch,
        "flops_per_image": flops_per_image,
        "flops": state.step * state.batch * flops_per_image,
        **({"best_step": state.best_step, "best_validation_loss": state.best_loss} if state.best else {}),
    }
