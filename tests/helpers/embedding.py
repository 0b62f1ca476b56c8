"""A plugin that brings a toy face embedder: the mean colour of each quarter."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional as F

from benchbench import hookimpl


@hookimpl
def benchbench_face_embedder() -> Callable[[Tensor], Tensor]:
    return quarters


def quarters(faces: Tensor) -> Tensor:
    return F.adaptive_avg_pool2d(faces, 2).flatten(1)
