from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity
from torch import Tensor
from torchvision.models.vgg import cfgs, make_layers

from benchbench import Batch, Range, Task
from benchbench.contracts.seeding import FreshDraw
from benchbench_plugins.degradations.swirl import Swirl
from benchbench_plugins.models._warp_losses import dissimilarity, perceptual, roughness
from benchbench_plugins.models._warp_unet import Deformable, SelfAttention
from benchbench_plugins.models.swirl_unet import SwirlUNet, Unwarper, warp

SIDE = 40
TASK = Task(SIDE, Swirl())


@pytest.fixture(autouse=True)
def no_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty hub folder."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("torch.hub._hub_dir", None)
    monkeypatch.delenv("BENCHBENCH_WEIGHTS", raising=False)


def images(n: int, seed: int = 0) -> Tensor:
    coarse = torch.rand((n, 3, 8, 8), generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.interpolate(coarse, (SIDE, SIDE), mode="bicubic").clamp(0, 1)


def disc(n: int, radius: float = 12) -> Tensor:
    steps = torch.arange(SIDE) - SIDE / 2
    return (steps**2 + steps[:, None] ** 2 <= radius**2).expand(n, 1, -1, -1)


def unsettled(model: SwirlUNet) -> Unwarper:
    """A module whose last layer no longer is zero."""
    torch.manual_seed(0)
    module = model.build(TASK)
    assert isinstance(module, Unwarper)
    for parameter in module.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)
    return module.eval()


@torch.no_grad()
def test_pixels_off_the_mask_pass_unchanged_and_those_on_it_move() -> None:
    module, given, mask = unsettled(SwirlUNet()), images(2), disc(2)
    restored = module(given, mask)
    outside = (~mask).expand_as(given)
    assert torch.equal(restored[outside], given[outside])
    assert (restored - given)[~outside].abs().max() > 0.01
    assert not module.field(given, mask)[~mask.expand(-1, 2, -1, -1)].any()


@torch.no_grad()
def test_starts_at_the_trivial_solution() -> None:
    given = images(2)
    torch.testing.assert_close(SwirlUNet().build(TASK)(given, disc(2)), given, atol=1e-4, rtol=0)


def test_is_told_the_region_only_with_the_mask() -> None:
    assert SwirlUNet().sees == ("region",)
    assert SwirlUNet(mask=False).sees == ()
    batch = Batch(images(2), images(2, 1), disc(2))
    model, module = SwirlUNet(mask=False), unsettled(SwirlUNet(mask=False))
    everywhere = Batch(batch.degraded, batch.clean, None)
    assert model.training_step(module, batch, "all") == model.training_step(module, everywhere, "all")


def test_what_lies_off_the_mask_does_not_count() -> None:
    """Windows of the SSIM reach over the mask's edge by five pixels, so the change is further out."""
    model, restored, clean, mask = SwirlUNet(), images(2), images(2, 1), disc(2)
    changed = torch.where(disc(2, radius=12 + 8), clean, 1 - clean)
    assert model.loss(restored, Batch(restored, clean, mask)) == model.loss(restored, Batch(restored, changed, mask))
    assert model.loss(restored, Batch(restored, clean)) != model.loss(restored, Batch(restored, changed))


def test_dissimilarity_is_scikit_images() -> None:
    first, second = images(1), (images(1) + 0.2 * images(1, 1)).clamp(0, 1)
    _, expected = structural_similarity(
        first[0].numpy(), second[0].numpy(), channel_axis=0, data_range=1, gaussian_weights=True, sigma=1.5,
        use_sample_covariance=False, full=True,
    )  # fmt: skip
    found = dissimilarity(first, second, disc(1))
    inside = disc(1)[0, 0].numpy()
    assert float(found) == pytest.approx(1 - np.mean(expected[:, inside]), abs=1e-4)


def test_roughness_is_the_slope_of_a_plane_and_zero_of_a_shift() -> None:
    field = torch.zeros(1, 2, SIDE, SIDE) + 3
    assert roughness(field, disc(1)) == 0
    slope = 0.25 * torch.arange(SIDE).float().expand(1, 2, SIDE, SIDE)
    for mask in (None, disc(1)):
        assert float(roughness(slope, mask)) == pytest.approx(0.25)


def test_roughness_looks_at_pairs_inside_the_mask_alone() -> None:
    assert roughness(disc(1).float() * 5, disc(1)) == 0
    assert roughness(disc(1).float() * 5, None) > 0


@pytest.mark.parametrize("shift", [(3, 0), (0, -2), (1, 4)])
def test_warp_by_whole_pixels_is_a_shift(shift: tuple[int, int]) -> None:
    given, (dx, dy) = images(1), shift
    field = torch.tensor([dx, dy]).float().view(1, 2, 1, 1).expand(1, 2, SIDE, SIDE)
    moved = warp(given, field, None)
    expected = given.roll((-dy, -dx), (2, 3))
    torch.testing.assert_close(moved[..., 5:-5, 5:-5], expected[..., 5:-5, 5:-5], atol=1e-4, rtol=0)


def test_the_field_of_a_swirl_undoes_it() -> None:
    """So a U-Net that finds the field can be as good as the oracle."""
    swirl, clean = Swirl(strength=Range(4, 4), radius=Range(0.4, 0.4)), images(2)
    made = swirl.apply(clean, FreshDraw(2, torch.Generator().manual_seed(0)))
    field = swirl.flow(made.truth, SIDE, SIDE)
    torch.testing.assert_close(warp(made.images, field, None), swirl.invert(made.images, made.truth), atol=2e-3, rtol=0)


@torch.no_grad()
def test_its_flow_is_the_field_that_it_warps_by() -> None:
    model, given, mask = SwirlUNet(), images(2), disc(2)
    module = unsettled(model)
    assert torch.equal(warp(given, model.flow(module, given, region=mask), mask), module(given, mask))


def test_deformable_convolution_runs_in_float32_under_autocast() -> None:
    layer, x = Deformable(8), torch.rand(1, 8, 6, 6)
    with torch.autocast("cpu", torch.bfloat16):
        assert layer(x.bfloat16()).dtype == torch.float32


def test_deformable_convolution_starts_as_the_plain_one() -> None:
    layer, x = Deformable(8), torch.rand(1, 8, 6, 6)
    plain = torch.nn.functional.conv2d(x, layer.sampled.weight, layer.sampled.bias, padding=1)
    torch.testing.assert_close(layer(x), plain)


@torch.no_grad()
def test_attention_does_not_care_where_things_are() -> None:
    layer, x = SelfAttention(8), torch.rand(1, 8, 4, 5)
    torch.nn.init.normal_(layer.merge.weight)
    torch.testing.assert_close(layer(x.flip(2, 3)), layer(x).flip(2, 3), atol=1e-5, rtol=1e-4)


def test_every_place_attends_to_every_other() -> None:
    layer, x = SelfAttention(8), torch.rand(1, 8, 4, 5, requires_grad=True)
    torch.nn.init.normal_(layer.merge.weight)
    layer.norm = torch.nn.Identity()  # type: ignore[assignment]
    layer(x)[0, :, 0, 0].sum().backward()
    assert (x.grad.abs().sum((0, 1)) > 0).all()  # type: ignore[union-attr]


def test_says_that_the_perceptual_term_was_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert "vgg16-397923af.pth" in "".join(SwirlUNet().notes(TASK))
    assert SwirlUNet(perceptual=0).notes(TASK) == ()
    for _ in range(2):
        SwirlUNet().loss(images(1), Batch(images(1), images(1, 1), disc(1)))
    assert capsys.readouterr().out.count("perceptual term was left out") == 1


def test_the_perceptual_term_counts_where_the_weights_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    states = make_layers(cfgs["D"]).state_dict()
    torch.save({f"features.{key}": value for key, value in states.items()}, tmp_path / "vgg16-397923af.pth")
    monkeypatch.setenv("BENCHBENCH_WEIGHTS", str(tmp_path))
    assert SwirlUNet().notes(TASK) == ()
    clean, restored = images(1), images(1, 1).requires_grad_()
    perceptual(restored, clean, disc(1)).backward()
    assert restored.grad is not None
    assert restored.grad.any()
    assert perceptual(clean, clean, disc(1)) == 0
    assert perceptual(torch.where(disc(1), clean, 0.0), clean, disc(1)) == 0
    batch = Batch(clean, clean, disc(1))
    difference = SwirlUNet().loss(restored, batch) - SwirlUNet(perceptual=0).loss(restored, batch)
    torch.testing.assert_close(difference, 0.1 * perceptual(restored, clean, disc(1)))


def test_recipe_is_the_studys() -> None:
    recipe = SwirlUNet.recipe
    assert recipe is not None
    assert (recipe.optimizer, recipe.schedule, recipe.epochs, recipe.patience) == ("adam", "plateau", 100, 10)
