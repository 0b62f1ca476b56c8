"""The metrics that piq has too, on whole batches."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from benchbench import Peer, hookimpl

from ._images import scores_batches

LUMA = (0.299, 0.587, 0.114)


@hookimpl
def benchbench_peers() -> list[Peer]:
    return [
        Peer("psnr", "piq", scores_batches("piq", "psnr")),
        Peer("ssim", "piq", scores_batches("piq", "ssim", downsample=False)),
        Peer("ms-ssim", "piq", scores_batches("piq", "multi_scale_ssim")),
        Peer("ms-ssim-3", "piq", three_scales),
        Peer("vif", "piq", vif),
        Peer("gmsd", "piq", scores_batches("piq", "gmsd")),
        Peer("haarpsi", "piq", scores_batches("piq", "haarpsi")),
    ]


def three_scales(restored: Tensor, clean: Tensor) -> Callable[[], Tensor]:
    """With the first three of its weights, scaled to sum to one."""
    weights = clean.new_tensor((0.0448, 0.2856, 0.3001))
    return scores_batches("piq", "multi_scale_ssim", scale_weights=weights / weights.sum())(restored, clean)


def vif(restored: Tensor, clean: Tensor) -> Callable[[], Tensor]:
    """On luma, as `vif` is defined: piq would take each channel as an image."""
    weights = clean.new_tensor(LUMA).view(1, 3, 1, 1)
    return scores_batches("piq", "vif_p")(*((images * weights).sum(1, keepdim=True) for images in (restored, clean)))
