"""The metrics that torchmetrics has too, on whole batches; nothing where it is not installed."""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec

from benchbench import Peer, hookimpl

from ._images import scores_batches


@hookimpl
def benchbench_peers() -> list[Peer]:
    if not find_spec("torchmetrics"):
        return []
    scores = partial(scores_batches, "torchmetrics.functional.image")
    return [
        Peer("ssim", "torchmetrics", scores("structural_similarity_index_measure"), exact=False),  # it pads
        Peer("ms-ssim", "torchmetrics", scores("multiscale_structural_similarity_index_measure"), exact=False),
        Peer("psnr", "torchmetrics", scores("peak_signal_noise_ratio", dim=(1, 2, 3))),
    ]
