"""The features of VGG16 that lpips and dists compare."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from benchbench import Weights, read_weights, weight_folders

from ._windows import full_precision

VGG16 = Weights(
    "vgg16-397923af.pth", "https://download.pytorch.org/models/vgg16-397923af.pth", sha256="397923af", megabytes=528
)
LAYERS = ("3", "8", "15", "22", "29")  # relu1_2, relu2_2, relu3_3, relu4_3, relu5_3
LEAST_SIZE = 16  # four poolings leave one pixel


def vgg16_features() -> nn.Sequential:
    """torchvision's VGG16 up to the last layer that is compared, with its ImageNet weights, read from a file."""
    from torchvision.models import vgg16

    with torch.device("meta"):  # neither fills memory nor draws random numbers for weights that are replaced at once
        features: nn.Sequential = vgg16(weights=None, init_weights=False).features
    states = {k.removeprefix("features."): v for k, v in read_weights(VGG16).items() if k.startswith("features.")}
    features.load_state_dict(states, assign=True)
    return features[: int(LAYERS[-1]) + 1].eval()


@functools.lru_cache(maxsize=4)
def _built(build: Callable[[], nn.Module], device: torch.device, places: tuple[Path, ...]) -> nn.Module:
    return build().to(device)


@torch.no_grad()
def distance(build: Callable[[], nn.Module], restored: Tensor, clean: Tensor) -> Tensor:
    """Scores `(N,)` from the module that `build` gives, built once a device; grey images as three equal channels."""
    three = (len(clean), 3, *clean.shape[2:])
    with full_precision(clean.device):
        scores: Tensor = _built(build, clean.device, tuple(weight_folders()))(
            restored.expand(three), clean.expand(three)
        )
    return scores
