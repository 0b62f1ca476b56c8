"""The metrics that torchmetrics has too, on whole batches; nothing where it is not installed."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from torch import Tensor

from benchbench import Peer, hookimpl


@hookimpl
def benchbench_peers() -> list[Peer]:
    if not find_spec("torchmetrics"):
        return []
    return [
        Peer("ssim", "torchmetrics", scores("structural_similarity_index_measure"), exact=False),  # it pads
        Peer("ms-ssim", "torchmetrics", scores("multiscale_structural_similarity_index_measure"), exact=False),
        Peer("psnr", "torchmetrics", scores("peak_signal_noise_ratio", dim=(1, 2, 3))),
    ]


def scores(function: str, **options: Any) -> Callable[[Tensor, Tensor], Callable[[], Tensor]]:
    """A peer by the functional metric of that name."""

    def prepare(restored: Tensor, clean: Tensor) -> Callable[[], Tensor]:
        image = import_module("torchmetrics.functional.image")

        return lambda: getattr(image, function)(restored, clean, data_range=1.0, reduction="none", **options)

    return prepare
