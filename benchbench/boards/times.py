"""What restoring took, by model and device; it differs from run to run, so boards leave it to a page of its own."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import median

import pandas as pd

from ..results.record import Timing
from .board import Board

Timed = Mapping[tuple[str, str, int], Sequence[Timing]]
"""(model, name of the device, threads) -> what was timed of each of its trainings there."""


def timed(board: Board) -> Timed:
    """Gather what was timed of the board's results."""
    found = defaultdict(list)
    for record in (result.record for result in board.scored):
        found[record.trial.model, record.timing.device_name, record.timing.threads].append(record.timing)
    return found


def milliseconds(timings: Iterable[Timing], kind: str) -> float | None:
    """Milliseconds per image, the median over trainings; `kind` is `batch_1`, for example. None where nobody knows."""
    return known_median(timing.ms_per_image.get(kind) for timing in timings)


def known_median(values: Iterable[float | None]) -> float | None:
    """The median of the values that are known; None without any."""
    known = [value for value in values if value is not None]
    return median(known) if known else None


def of_single_images(board: Board) -> pd.Series:
    """Milliseconds per single image of each row, on the device that most were timed on; NaN where nobody knows."""
    found = timed(board)
    devices = [device for (_, device, _), timings in found.items() for _ in timings]
    usual = max(sorted(set(devices)), key=devices.count, default="")
    times = {m: milliseconds(timings, "batch_1") for (m, device, _), timings in found.items() if device == usual}
    return pd.Series([times.get(model, math.nan) for model in board.rows["model"]], board.rows.index, dtype=float)
