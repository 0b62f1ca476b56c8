from __future__ import annotations

import pytest
import torch

from benchbench import Task
from benchbench_plugins.models.swinir import PRESETS, SHIFT, WINDOW, SwinIR, WindowAttention, joined, offsets, windows

TASK = Task(64, None)  # type: ignore[arg-type]


def count(preset: str) -> int:
    with torch.device("meta"):
        return sum(p.numel() for p in SwinIR(preset).build(TASK).parameters())  # type: ignore[arg-type]


def convolution(inputs: int, outputs: int) -> int:
    return 9 * inputs * outputs + outputs


def test_the_lightweight_network_has_its_published_parameters() -> None:
    # 878 thousand for doubling the size: its last convolution makes four pixels of one. The paper leaves out the tables
    # of position biases: for each of 24 layers (2·8 − 1)² offsets and six heads.
    doubling = convolution(60, 3 * 4) - convolution(60, 3)
    assert round((count("light") + doubling - 24 * 15**2 * 6) / 1000) == 878


def test_the_classical_network_has_its_published_parameters() -> None:
    # 11.8 million for doubling the size: to 64 channels, four pixels of one, to colours.
    doubling = convolution(180, 64) + convolution(64, 4 * 64) + convolution(64, 3) - convolution(180, 3)
    assert round((count("12m") + doubling) / 1e6, 1) == 11.8


@pytest.mark.parametrize("preset", [p for p in PRESETS if p.endswith("k")])
def test_a_preset_has_the_capacity_of_its_name(preset: str) -> None:
    assert round(count(preset) / 1000) == int(preset.removesuffix("k"))


@pytest.mark.parametrize("side", [32, 45])
def test_starts_at_the_identity(side: int) -> None:
    given = torch.rand(1, 3, side, side)
    assert torch.equal(SwinIR("11k").build(TASK)(given), given)


def test_windows_are_squares_and_join_again() -> None:
    given = torch.rand(2, 24, 16, 5)
    cut = windows(given)
    assert cut.shape == (2, 6, WINDOW**2, 5)
    assert torch.equal(cut[1, 3], given[1, 8:16, 8:16].flatten(0, 1))  # second row of windows, second column
    assert torch.equal(joined(cut, 24, 16), given)


def test_pairs_with_the_same_offset_share_a_bias() -> None:
    table = offsets().unflatten(0, (WINDOW, WINDOW)).unflatten(2, (WINDOW, WINDOW))  # y, x to y, x
    assert table[1, 2, 4, 7] == table[2, 1, 5, 6]
    assert len(table.unique()) == (2 * WINDOW - 1) ** 2
    assert table.min() == 0


def reach(shift: int, y: int, x: int) -> torch.Tensor:
    """Which pixels of 16×24 have any influence on the pixel at (y, x), as a mask."""
    torch.manual_seed(0)
    given = torch.rand(1, 4, 16, 24, requires_grad=True)
    WindowAttention(4, 2, shift)(given)[0, :, y, x].sum().backward()
    assert given.grad is not None
    return given.grad[0].abs().sum(0) > 0


def rectangle(top: int, bottom: int, left: int, right: int) -> torch.Tensor:
    mask = torch.zeros(16, 24, dtype=torch.bool)
    mask[top:bottom, left:right] = True
    return mask


def test_a_pixel_sees_its_window() -> None:
    assert torch.equal(reach(0, 9, 3), rectangle(8, 16, 0, 8))


def test_shifted_windows_cross_those_borders() -> None:
    assert torch.equal(reach(SHIFT, 8, 8), rectangle(4, 12, 4, 12))


@pytest.mark.parametrize(
    ("y", "x", "seen"),
    [(0, 0, (0, 4, 0, 4)), (15, 23, (12, 16, 20, 24)), (0, 10, (0, 4, 4, 12)), (8, 23, (4, 12, 20, 24))],
)
def test_shifted_windows_do_not_wrap_around_the_image(y: int, x: int, seen: tuple[int, int, int, int]) -> None:
    assert torch.equal(reach(SHIFT, y, x), rectangle(*seen))
