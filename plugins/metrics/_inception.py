"""The features of Inception v3 that fid and kid compare, by the weights that all published figures have."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchbench import Weights, read_weights, weight_folders

from ._windows import full_precision

INCEPTION = Weights(
    "pt_inception-2015-12-05-6726825d.pth",
    "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/pt_inception-2015-12-05-6726825d.pth",
    sha256="6726825d",
    megabytes=91,
)
SIDE, FEATURES = 299, 2048
POOLED = (3, 5)  # the layers after which a pooling follows


def features(images: Tensor) -> Tensor:
    """Features `(N, 2048)` of images `(N, C, H, W)` in [0, 1], enlarged to 299 px; grey as three equal channels."""
    with full_precision(images.device):
        found: Tensor = _built(inception, images.device, tuple(weight_folders()))(images.expand(-1, 3, -1, -1))
    return found


@functools.lru_cache(maxsize=4)
def _built(build: Callable[[], nn.Module], device: torch.device, places: tuple[Path, ...]) -> nn.Module:
    return build().to(device)


class Features(nn.Module):
    """Inception v3 up to its last pooling."""

    def __init__(self, layers: nn.ModuleList) -> None:
        super().__init__()
        self.layers = layers

    @torch.no_grad()
    def forward(self, images: Tensor) -> Tensor:
        found = 2 * F.interpolate(images, (SIDE, SIDE), mode="bilinear", align_corners=False) - 1
        for number, layer in enumerate(self.layers, 1):
            found = layer(found)
            found = F.max_pool2d(found, 3, 2) if number in POOLED else found
        return found.mean((2, 3))


def inception() -> nn.Module:
    """torchvision's Inception v3 with piq's blocks, which pool as the network of 2015 does, read from a file."""
    from piq.feature_extractors import fid_inception as blocks
    from torchvision.models import Inception3

    with torch.device("meta"):  # neither fills memory nor draws random numbers for weights that are replaced at once
        net = Inception3(num_classes=1008, aux_logits=False, init_weights=False)
        net.Mixed_5b = blocks.FIDInceptionA(192, pool_features=32)
        net.Mixed_5c = blocks.FIDInceptionA(256, pool_features=64)
        net.Mixed_5d = blocks.FIDInceptionA(288, pool_features=64)
        net.Mixed_6b = blocks.FIDInceptionC(768, channels_7x7=128)
        net.Mixed_6c = blocks.FIDInceptionC(768, channels_7x7=160)
        net.Mixed_6d = blocks.FIDInceptionC(768, channels_7x7=160)
        net.Mixed_6e = blocks.FIDInceptionC(768, channels_7x7=192)
        net.Mixed_7b = blocks.FIDInceptionE1(1280)
        net.Mixed_7c = blocks.FIDInceptionE2(2048)
    net.load_state_dict(read_weights(INCEPTION), assign=True)
    names = ["Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "Conv2d_3b_1x1", "Conv2d_4a_3x3"]
    names += [f"Mixed_{block}" for block in ("5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e", "7a", "7b", "7c")]
    return Features(nn.ModuleList(getattr(net, name) for name in names)).eval()
