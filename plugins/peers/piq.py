"""The metrics that piq has too, on whole batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

from benchbench import Peer, hookimpl

LUMA = (0.299, 0.587, 0.114)


@hookimpl
def benchbench_peers() -> list[Peer]:
    return [
        Peer("psnr", "piq", scores("psnr")),
        Peer("ssim", "piq", scores("ssim", downsample=False)),
        Peer("ms-ssim", "piq", scores("multi_scale_ssim")),
        Peer("ms-ssim-3", "piq", three_scales),
        Peer("vif", "piq", vif),
        Peer("gmsd", "piq", scores("gmsd")),
        Peer("haarpsi", "piq", scores("haarpsi")),
    ]


def scores(function: str, **options: Any) -> Callable[[Tensor, Tensor], Callable[[], Tensor]]:
    """A peer by the function of that name; piq takes seconds to import, so not before it is asked for."""

    def prepare(restored: Tensor, clean: Tensor) -> Callable[[], Tensor]:
        import piq

        return lambda: getattr(piq, function)(restored, clean, data_range=1.0, reduction="none", **options)

    return prepare


def three_scales(restored: Tensor, clean: Tensor) -> Callable[[], Tensor]:
    """With the first three of its weights, scaled to sum to one."""
    weights = clean.new_tensor((0.0448, 0.2856, 0.3001))
    return scores("multi_scale_ssim", scale_weights=weights / weights.sum())(restored, clean)


def vif(restored: Tensor, clean: Tensor) -> Callable[[], Tensor]:
    """On luma, as `vif` is defined: piq would take each channel as an image."""
    weights = clean.new_tensor(LUMA).view(1, 3, 1, 1)
    prepared = scores("vif_p")
    return prepared(*((images * weights).sum(1, keepdim=True) for images in (restored, clean)))
