"""Whole numbers drawn for each image."""

from __future__ import annotations

from torch import Tensor

from benchbench import Draw, Range


def integers(draw: Draw, span: Range) -> Tensor:
    """Whole numbers (N,), as float32, all equally likely from `span.low` to `span.high` (each rounded first)."""
    low, high = round(span.low), round(span.high)
    return draw.uniform(low, high + 1).floor().clamp(max=high)
