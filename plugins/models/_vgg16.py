"""The stages of VGG16 that a perceptual loss compares."""

from __future__ import annotations

import functools
from itertools import pairwise

import torch
from torch import nn

from benchbench import Weights, read_weights

VGG16 = Weights(
    "vgg16-397923af.pth", "https://download.pytorch.org/models/vgg16-397923af.pth", sha256="397923af", megabytes=528
)
LAYERS = (3, 8, 15)  # relu1_2, relu2_2, relu3_3


@functools.lru_cache(maxsize=2)
def vgg16_stages(device: torch.device) -> nn.ModuleList:
    """torchvision's VGG16, each stage up to the next of LAYERS, frozen, with its ImageNet weights read from a file."""
    from torchvision.models import vgg16

    with torch.device("meta"):  # neither fills memory nor draws random numbers for weights that are replaced at once
        features: nn.Sequential = vgg16(weights=None, init_weights=False).features
    states = {k.removeprefix("features."): v for k, v in read_weights(VGG16).items() if k.startswith("features.")}
    features.load_state_dict(states, assign=True)
    ends = [0, *(layer + 1 for layer in LAYERS)]
    return nn.ModuleList(features[a:b] for a, b in pairwise(ends)).requires_grad_(False).to(device)
