"""Old prints: each of their ills by itself."""

from __future__ import annotations

import pytest
import torch
from scipy import ndimage
from torch import Tensor

from benchbench import Degraded, Range
from benchbench.contracts.seeding import SeededDraw
from benchbench_plugins.degradations.scratches import Scratches

IDS = [str(i) for i in range(12)]
CLEAN = torch.full((12, 3, 96, 96), 0.5)


def aged(images: Tensor = CLEAN, **ills: float) -> Degraded:
    """Images with these ills, and none of the others."""
    given = {name: Range(ills.get(name, 0), ills.get(name, 0)) for name in ("count", "dust", "fading", "grain")}
    return Scratches(**given).apply(images.clone(), SeededDraw(0, "test", IDS[: len(images)]))


def test_without_ills_nothing_changes() -> None:
    assert torch.equal(aged().images, CLEAN)


def test_scratches_are_thin_long_lines() -> None:
    struck = (aged(count=1).images - CLEAN).abs().amax(1) > 0.1
    assert struck.flatten(1).any(1).sum() >= 10  # of twelve: a scratch may miss the image
    for image in struck:
        if image.sum() > 20:
            depth = ndimage.distance_transform_edt(image.numpy())
            assert depth.max() <= 2
            rows, columns = image.nonzero().unbind(1)
            extent = max(int(rows.max() - rows.min()), int(columns.max() - columns.min()))
            assert image.sum() < 5 * extent


def test_more_scratches_strike_more() -> None:
    struck = [((aged(count=count).images - CLEAN).abs() > 0.05).float().mean().item() for count in (1, 4, 12)]
    assert struck == sorted(struck)
    assert struck[2] > 5 * struck[0]


@pytest.mark.parametrize("dust", [0.005, 0.05])
def test_dust_covers_about_as_much_as_it_says_in_light_and_dark_specks(dust: float) -> None:
    change = aged(dust=dust).images - CLEAN
    assert (change.abs().amax(1) > 0.1).float().mean().item() == pytest.approx(dust, rel=0.6)
    assert (change > 0.1).any()
    assert (change < -0.1).any()


def test_fading_lifts_black_lowers_contrast_and_yellows() -> None:
    black, white = (aged(torch.full_like(CLEAN, level), fading=0.4).images for level in (0, 1))
    assert (black.mean(), white.mean()) == (pytest.approx(0.25, abs=0.08), pytest.approx(0.85, abs=0.08))
    red, _, blue = white.mean((0, 2, 3))
    assert red > blue + 0.05


def test_grain_is_alike_in_all_channels_and_as_strong_as_it_says() -> None:
    change = aged(grain=0.04).images - CLEAN
    assert change.std().item() == pytest.approx(0.04, rel=0.05)
    torch.testing.assert_close(change[:, 0], change[:, 2])


def test_the_border_is_as_grainy_and_as_dusty_as_the_middle() -> None:
    border = torch.ones(96, 96, dtype=torch.bool)
    border[1:-1, 1:-1] = False
    change = aged(grain=0.04).images - CLEAN
    assert change[:, 0, border].std().item() == pytest.approx(0.04, rel=0.1)
    dusty = ((aged(dust=0.05).images - CLEAN).abs().amax(1) > 0.1).float()
    assert dusty[:, border].mean().item() == pytest.approx(dusty.mean().item(), rel=0.3)


def test_how_many_scratches_others_have_changes_nothing() -> None:
    draws = SeededDraw(0, "test", IDS), SeededDraw(0, "test", IDS[3:4])
    old = Scratches(count=Range(0, 20))
    together, alone = (old.apply(images.clone(), d).images for images, d in zip((CLEAN, CLEAN[:1]), draws, strict=True))
    assert torch.equal(together[3], alone[0])
