from __future__ import annotations

import pytest
import torch
from torch import nn

from benchbench import Task
from benchbench_plugins.models.drunet import PRESETS, DRUNet

TASK = Task(64, None)  # type: ignore[arg-type]


def count(preset: str) -> int:
    with torch.device("meta"):
        return sum(p.numel() for p in DRUNet(preset).build(TASK).parameters())  # type: ignore[arg-type]


def test_the_papers_network_has_its_published_parameters() -> None:
    # 32.64 million, with 3×3 weights from the map of the noise's level, which is no input here, to 64 channels
    assert count("32m") + 3 * 3 * 64 == 32_640_960


@pytest.mark.parametrize("preset", [p for p in PRESETS if p.endswith("k")])
def test_a_preset_has_the_capacity_of_its_name(preset: str) -> None:
    assert round(count(preset) / 1000) == int(preset.removesuffix("k"))


def test_parameters_follow_from_the_papers_layers() -> None:
    shape = PRESETS["510k"]
    total, width = 2 * 27 * shape.width, shape.width  # head and tail
    for _ in range(3):
        total += 2 * shape.blocks * 18 * width**2 + 2 * 4 * width * 2 * width  # blocks and a 2×2 down, and the same up
        width *= 2
    assert count("510k") == total + shape.blocks * 18 * width**2


def test_output_scales_with_the_input() -> None:
    # Mohan et al. 2020: a network of convolutions and ReLUs without biases is homogeneous.
    torch.manual_seed(0)
    network, images = DRUNet("36k").build(TASK), torch.rand(2, 3, 20, 27)
    torch.testing.assert_close(network(0.25 * images), 0.25 * network(images))


def test_has_neither_biases_nor_norms() -> None:
    network = DRUNet().build(TASK)
    kinds = {type(layer) for layer in network.modules() if not list(layer.children())}
    assert kinds == {nn.Conv2d, nn.ConvTranspose2d, nn.ReLU}
    assert not [name for name, _ in network.named_parameters() if "bias" in name]
