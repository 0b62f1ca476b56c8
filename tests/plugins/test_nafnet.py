from __future__ import annotations

import pytest
import torch
from torch import nn

from benchbench import Task
from benchbench_plugins.models._blocks import ChannelAttention, LayerNorm2d, SimpleGate
from benchbench_plugins.models.nafnet import PRESETS, NAFNet, block, levels

TASK = Task(64, None)  # type: ignore[arg-type]


def images(*shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(0))


def count(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize("width", [8, 16, 64])
def test_a_block_has_the_papers_parameters(width: int) -> None:
    # Weights: 2c² expand, 18c depthwise, c² attention, c² project; 2c² expand, c² project. The rest is linear in c:
    # five biases of 2c, 2c, c, c, 2c and c, two norms of 2c and two scales of c.
    assert count(block(width)) == 7 * width**2 + 33 * width


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_has_the_capacity_of_its_name(preset: str) -> None:
    total = count(NAFNet(preset).build(TASK))  # type: ignore[arg-type]
    assert abs(total / (1000 * int(preset.removesuffix("k"))) - 1) < 0.01


@pytest.mark.parametrize("preset", PRESETS)
def test_parameters_follow_from_the_papers_layers(preset: str) -> None:
    shape = PRESETS[preset]
    total, width = (27 * shape.width + shape.width) + (27 * shape.width + 3), shape.width
    for _ in range(shape.levels):
        total += 2 * (7 * width**2 + 33 * width)  # a block down, a block up
        total += (8 * width**2 + 2 * width) + 8 * width**2  # 2×2 down to 2c; 1×1 without bias from 2c to 4c
        width *= 2
    total += shape.bottom * (7 * width**2 + 33 * width)
    assert count(NAFNet(preset).build(TASK)) == total  # type: ignore[arg-type]


@pytest.mark.parametrize("side", [32, 45])
def test_starts_at_the_identity(side: int) -> None:
    given = images(2, 3, side, side)
    assert torch.equal(NAFNet().build(TASK)(given), given)


def test_every_block_starts_at_the_identity() -> None:
    given = images(2, 8, 16, 16)
    assert torch.equal(block(8)(given), given)


def test_has_no_activation_function() -> None:
    known = (nn.ReLU, nn.GELU, nn.SiLU, nn.Sigmoid, nn.Softmax, nn.Tanh)
    assert not any(isinstance(layer, known) for layer in NAFNet().build(TASK).modules())


def test_resolutions_halve_and_channels_double() -> None:
    shapes = []
    body = levels(4, 2, 1)
    for layer in body.modules():
        if isinstance(layer, nn.Conv2d) and layer.stride == (2, 2):
            layer.register_forward_hook(lambda _layer, _inputs, output: shapes.append(tuple(output.shape[1:])))
    body(images(1, 4, 16, 16))
    assert shapes == [(8, 8, 8), (16, 4, 4)]


def test_gate_multiplies_the_halves() -> None:
    given = images(2, 6, 4, 4)
    assert torch.equal(SimpleGate()(given), given[:, :3] * given[:, 3:])


def test_attention_scales_whole_channels() -> None:
    given = images(2, 6, 4, 4) + 0.5
    factor = ChannelAttention(6)(given) / given
    torch.testing.assert_close(factor, factor[..., :1, :1].expand_as(factor))


def test_layer_norm_normalises_the_channels_of_each_pixel() -> None:
    given = images(2, 6, 4, 4)
    centred = given - given.mean(1, keepdim=True)
    expected = centred / (given.var(1, unbiased=False, keepdim=True) + 1e-6).sqrt()
    torch.testing.assert_close(LayerNorm2d(6)(given), expected)
