"""A metric that has a score in regions only."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from toys import MeanError

from benchbench import Metric, hookimpl


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [Inside]


@dataclass(frozen=True)
class Inside(MeanError):
    """The error inside a region."""

    name = "inside"
    whole = False

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        assert region is not None
        return super().__call__(restored, clean, region)
