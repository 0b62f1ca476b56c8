from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from benchbench import Task
from benchbench_plugins.models.restormer import PRESETS, ChannelSelfAttention, GELUGate, Restormer

TASK = Task(64, None)  # type: ignore[arg-type]


def count(preset: str) -> int:
    with torch.device("meta"):
        return sum(p.numel() for p in Restormer(preset).build(TASK).parameters())  # type: ignore[arg-type]


def images(*shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(0))


def test_the_papers_network_has_its_published_parameters() -> None:
    assert count("26m") == pytest.approx(26.1e6, abs=0.05e6)  # to the digit that is published


@pytest.mark.parametrize("preset", [p for p in PRESETS if p.endswith("k")])
def test_a_preset_has_the_capacity_of_its_name(preset: str) -> None:
    assert round(count(preset) / 1000) == int(preset.removesuffix("k"))


@pytest.mark.parametrize("side", [32, 45])
def test_starts_at_the_identity(side: int) -> None:
    given = images(1, 3, side, side)
    assert torch.equal(Restormer("20k").build(TASK)(given), given)


def test_attention_is_over_channels_by_the_papers_formula() -> None:
    torch.manual_seed(0)
    attention, given = ChannelSelfAttention(6, heads=2), images(1, 6, 5, 4)
    with torch.no_grad():
        attention.temperature.copy_(torch.tensor([0.5, 3.0])[:, None, None])
    query, key, value = attention.project(given).flatten(2)[0].chunk(3)  # each (6, 20): three channels a head
    mixed = []
    for head, temperature in enumerate((0.5, 3.0)):
        mine = slice(3 * head, 3 * head + 3)
        likeness = F.cosine_similarity(query[mine, None], key[None, mine], dim=-1)
        mixed.append((temperature * likeness).softmax(-1) @ value[mine])
    expected = attention.out(torch.cat(mixed).reshape(1, 6, 5, 4))
    torch.testing.assert_close(attention(given), expected)


def test_attention_weighs_alike_for_images_of_any_size() -> None:
    # Two copies of an image side by side, far from the seam, are mixed as the image alone: cosines don't grow with pixels.
    attention = ChannelSelfAttention(4, heads=1)
    torch.nn.init.zeros_(attention.project[1].weight)
    with torch.no_grad():
        attention.project[1].weight[:, 0, 1, 1] = 1  # depthwise identity: each pixel by itself
    given = images(1, 4, 6, 6)
    twice = attention(torch.cat((given, given), dim=-1))
    torch.testing.assert_close(twice, torch.cat((attention(given),) * 2, dim=-1))


def test_gate_multiplies_one_half_by_gelu_of_the_other() -> None:
    given = images(2, 6, 4, 4)
    assert torch.equal(GELUGate()(given), F.gelu(given[:, :3]) * given[:, 3:])
