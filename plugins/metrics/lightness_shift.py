"""Shift of lightness: mean CIELAB L* of the restored image minus that of the clean one."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from benchbench import Metric, hookimpl

from ._lab import mean_lab


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [LightnessShift]


@dataclass(frozen=True)
class LightnessShift(Metric):
    """Shift of mean lightness; inside the face, whether skin came out lighter or darker.

    In units of L* (0 black, 100 white; 1 is about what is just noticed), positive where the restored image is lighter;
    0 is best. The face mask holds eyes, brows and mouth too. NaN for an image whose region is empty. Conversion:
    scikit-image's `rgb2lab`.
    """

    name = "lightness-shift"
    order = 82
    higher_is_better = False
    signed = True
    unit = "L*"
    digits = 2
    library = "scikit-image"

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        return (mean_lab(restored, region)[:, 0] - mean_lab(clean, region)[:, 0]).float()
