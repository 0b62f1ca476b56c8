"""Gaussian windows as products with banded matrices: exact, and several times faster on a CPU than a convolution.

A separable window of k taps over a row of W pixels, without border, is a product with the (W, W - k + 1) matrix whose
columns hold the taps, each shifted by one pixel against the last. Matrix products run at the processor's peak, which
outweighs the zeros they multiply.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

Taps = tuple[float, ...]

# Outputs of one product on a CPU: a wider band multiplies more zeros, a narrower one makes more calls (measured at
# 64 to 1024 px). Elsewhere the number of calls is what counts.
CPU_BLOCK = 32

# Values in a part of a batch on a CPU, so that memory does not grow with the batch.
CPU_PART = 2**19


def gaussian(size: int, sigma: float) -> Taps:
    """The `size` taps of a Gaussian window with standard deviation `sigma`, which sum to one."""
    squares = (torch.arange(size, dtype=torch.float64) - (size - 1) / 2).square()
    taps = torch.exp(-squares / (2 * sigma**2))
    return tuple((taps / taps.sum()).tolist())


@functools.lru_cache(maxsize=256)
def _band(length: int, taps: Taps, step: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """The matrix (length, outputs) that filters rows of `length` pixels, keeping every `step`-th output."""
    columns = torch.arange((length - len(taps)) // step + 1)
    band = torch.zeros(length, len(columns), dtype=torch.float64)
    for offset, tap in enumerate(taps):
        band[columns * step + offset, columns] = tap
    return band.to(device, dtype)


def _blocks(length: int, taps: Taps, step: int, like: Tensor) -> Iterator[tuple[slice, slice, Tensor]]:
    """(inputs, outputs, band) of the products that together filter `length` pixels."""
    outputs = (length - len(taps)) // step + 1
    width = CPU_BLOCK if like.is_cpu else outputs
    for first in range(0, outputs, width):
        last = min(first + width, outputs)
        inputs = slice(first * step, (last - 1) * step + len(taps))
        yield inputs, slice(first, last), _band(inputs.stop - inputs.start, taps, step, like.dtype, like.device)


@torch.no_grad()
def filtered(images: Tensor, taps: Taps, step: int = 1) -> Tensor:
    """Filter `(N, C, H, W)` with a separable window over rows and columns, without border.

    Gives `(N, C, h, w)` with h = (H - k) // step + 1 for k taps. Raises ValueError for images smaller than the window.
    """
    n, c, height, width = images.shape
    if min(height, width) < len(taps):
        raise ValueError(f"a window of {len(taps)} px does not fit into images of {height}x{width} px")
    rows = images.reshape(-1, width)
    across = rows.new_empty(len(rows), (width - len(taps)) // step + 1)
    for inputs, outputs, band in _blocks(width, taps, step, rows):
        torch.mm(rows[:, inputs], band, out=across[:, outputs])
    maps = across.view(n * c, height, -1)
    down = maps.new_empty(n * c, (height - len(taps)) // step + 1, maps.shape[-1])
    for inputs, outputs, band in _blocks(height, taps, step, maps):
        torch.matmul(band.t(), maps[:, inputs], out=down[:, outputs])
    return down.view(n, c, *down.shape[1:])


def in_parts(
    score: Callable[[Tensor, Tensor, Tensor | None], Tensor], restored: Tensor, clean: Tensor, region: Tensor | None
) -> Tensor:
    """The scores `(N,)` of a batch, computed for a few images at a time on a CPU, for all at once elsewhere."""
    n = max(1, CPU_PART // clean[0].numel()) if clean.is_cpu and len(clean) else max(1, len(clean))
    regions = [None] * len(clean) if region is None else region.split(n)
    return torch.cat([score(*part) for part in zip(restored.split(n), clean.split(n), regions, strict=False)])


def centres(region: Tensor | None, size: int, step: int = 1) -> Tensor | None:
    """`region` `(N, 1, H, W)` at the centres of windows of `size` (odd) pixels, every `step`-th of them."""
    if region is None:
        return None
    margin = size // 2
    return region[..., margin : region.shape[-2] - margin : step, margin : region.shape[-1] - margin : step]


@contextlib.contextmanager
def full_precision(device: torch.device) -> Iterator[None]:
    """Compute in float32 proper, whatever autocast and TF32 settings are in force: variances are small differences."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        with torch.autocast(device.type, enabled=False):
            yield
    finally:
        torch.set_float32_matmul_precision(before)
