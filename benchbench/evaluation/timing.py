"""Time, memory and arithmetic that restoring takes."""

from __future__ import annotations

import statistics
import time

import torch
from torch import nn

from ..contracts.model import Model
from ..data.degraded import DegradedSet
from ..devices import peak_memory, synchronise
from ..errors import one_line
from ..flops import counted
from .restore import BATCH


@torch.no_grad()
def time_and_memory(
    model: Model, module: nn.Module, test_set: DegradedSet, device: torch.device
) -> tuple[dict[str, float], int | None]:
    """Measure what restoring takes: milliseconds per image, and the peak bytes of a batch beyond weights and inputs.

    The times are of single images and of a batch: the median of synchronised repeats after a warm-up. The bytes are
    None where the system does not tell.
    """
    found: dict[str, float] = {}
    for n in (1, min(BATCH, len(test_set))):
        inputs = test_set.batch(slice(0, n), device)
        side = inputs.side(model)
        with peak_memory(device) as peak:
            module(inputs.degraded, **side)
        times: list[float] = []
        while not times or (len(times) < 50 and sum(times) < 0.25):
            synchronise(device)
            before = time.perf_counter()
            module(inputs.degraded, **side)
            synchronise(device)
            times.append(time.perf_counter() - before)
        found[f"batch_{n}"] = 1000 * statistics.median(times) / n
    return found, peak.bytes


@torch.no_grad()
def count_macs(model: Model, module: nn.Module, test_set: DegradedSet, device: torch.device) -> int | None:
    """Count the multiply-accumulate operations of restoring one image, half the FLOPs that torch counts.

    None where it finds neither convolution nor matrix product, as of filters and interpolation, or cannot count.
    """
    inputs = test_set.batch(slice(0, 1), device)
    try:
        with counted() as counter:
            module(inputs.degraded, **inputs.side(model))
    except Exception as error:  # a plugin's operators may be none that the counter can look into
        print(f"multiply-accumulate operations cannot be counted: {one_line(error)}")
        return None
    return counter.get_total_flops() // 2 or None
