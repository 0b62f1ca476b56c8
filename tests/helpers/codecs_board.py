"""Made-up results of codecs, on a board where nothing is degraded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import results
from boards import BASELINE, UNTRAINED

from benchbench.boards.estimates import Array


def store(out: Path, codec: str, quality: int, score: float, sizes: Array | float, **facts: Any) -> None:
    """A result of a codec at a setting."""
    each = np.broadcast_to(sizes, results.IMAGES).astype(int)
    mean = float(each.mean())
    rate = {"bytes": mean, "bits_per_pixel": mean * 8 / 256, "sizes": each.tolist()}
    results.write(
        out, {"peak": score, "mean-error": 1 / score}, model=f"{codec}:quality={quality}", codec=codec, degrades=False,
        degradation="nothing", rate=rate, **(UNTRAINED | facts),
    )  # fmt: skip


def small(out: Path) -> None:
    """An anchor, a codec of half the bytes, one of twice the bytes, one that is always worse, one of a single setting."""
    spread = np.tile([0.5, 1.5], results.IMAGES // 2)
    for quality, score, size in ((10, 20, 100), (50, 25, 200), (90, 30, 400)):
        store(out, "zip", quality, score, size * spread, role="anchor", noise=0.2)
        store(out, "half", quality, score, size * spread / 2, noise=0.3)
        store(out, "twice", quality, score, size * spread * 2, noise=0.2)
        store(out, "poor", quality, score - 15, size)
    store(out, "alone", 1, 25, 150)
    results.write(out, degradation="nothing", degrades=False, **BASELINE)
