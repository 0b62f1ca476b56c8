"""The procedural portraits: reproducible to the bit, the same at every size, and as their attributes say."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import torch
from scipy.stats import spearmanr
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from benchbench import Images, SpecError
from benchbench_plugins.datasets.faces import Faces, attributes
from benchbench_plugins.datasets.faces import traits as kinds
from benchbench_plugins.datasets.faces.colours import HAIR_COLOURS, skin_light
from benchbench_plugins.datasets.faces.geometry import box, cover, ellipse, root
from benchbench_plugins.datasets.faces.render import render
from benchbench_plugins.datasets.faces.traits import Traits, draw_traits

N = 160


@functools.cache
def portraits(size: int = 64, n: int = N, seed: int = 0) -> Images:
    return Faces(n=n, seed=seed).load(size)


def draw(count: int, **overrides: int | float) -> Traits:
    """Traits of the first portraits, some of them replaced in all."""
    traits = draw_traits(0, portraits().ids[:count])
    for name, value in overrides.items():
        setattr(traits, name, torch.full_like(getattr(traits, name), value))
    return traits


def photograph(traits: Traits, size: int = 64, chunk: int | None = None) -> tuple[Tensor, Tensor]:
    return render(traits, [("grain", k) for k in range(len(traits.yaw))], size, chunk)


def mean_inside(pixels: Tensor, masks: Tensor) -> Tensor:
    """Mean colour inside each mask, `(n, 3)`."""
    return (pixels * masks).sum((2, 3)) / masks.sum((2, 3))


def test_shapes_and_types() -> None:
    images = portraits()
    assert images.pixels.shape == (N, 3, 64, 64)
    assert images.pixels.dtype == torch.uint8
    assert images.masks is not None
    assert images.masks.shape == (N, 1, 64, 64)
    assert images.masks.dtype == torch.bool
    assert images.ids[12] == "face-00012"
    assert len(set(images.ids)) == N


def test_same_parameters_give_the_same_bits() -> None:
    again = Faces(n=24).load(64)
    assert torch.equal(again.pixels, portraits().pixels[:24])
    assert again.masks is not None
    assert torch.equal(again.masks, portraits().masks[:24])  # type: ignore[index]


def test_more_portraits_begin_with_the_same() -> None:
    """Also a test of grouping: the chunks end elsewhere."""
    few, more = Faces(n=5).load(48), Faces(n=37).load(48)
    assert torch.equal(few.pixels, more.pixels[:5])
    assert all(list(more.attributes[k])[:5] == list(v) for k, v in few.attributes.items())


def test_seeds_differ() -> None:
    other = Faces(n=8, seed=1).load(64)
    assert (other.pixels.float() - portraits().pixels[:8].float()).abs().mean((1, 2, 3)).min() > 5


@pytest.mark.parametrize("size", [33, 64])
def test_chunks_change_no_bit(size: int) -> None:
    traits = draw(64)
    pixels, masks = photograph(traits, size, 64)
    for chunk in (1, 7):
        some = slice(0, 21)
        again, masks_again = photograph(traits.rows(some), size, chunk)
        assert torch.equal(again, pixels[some])
        assert torch.equal(masks_again, masks[some])


class Float32Operations(TorchDispatchMode):
    """Notes the names of the operations that give float32."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def __torch_dispatch__(
        self, function: Any, types: Sequence[type], args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        found = function(*args, **(kwargs or {}))
        if isinstance(found, Tensor) and found.dtype == torch.float32:
            self.names.add(function.overloadpacket.__name__.rstrip("_"))
        return found


def test_pixels_hang_on_no_processor() -> None:
    """What PyTorch leaves to Intel's MKL (ATen/cpu/vml.h, BLAS) has other last bits on processors of another maker."""
    vector = "acos asin atan cos erf erfc erfinv exp expm1 log log10 log1p log2 sin sqrt rsqrt tan tanh sigmoid atan2"
    with Float32Operations() as seen:
        Faces(n=30).load(64)
    assert {"mul", "div", "floor"} <= seen.names
    assert not seen.names & {*vector.split(), "mm", "bmm", "addmm", "baddbmm", "convolution", "mean"}


def test_square_roots_are_rounded_to_the_nearest_number() -> None:
    x = torch.rand(4096, generator=torch.Generator().manual_seed(0)) * torch.logspace(-6, 6, 4096)
    assert torch.equal(root(x), torch.tensor([math.sqrt(v) for v in x.tolist()], dtype=torch.float64).float())


def test_loading_leaves_threads_and_global_randomness_alone() -> None:
    torch.manual_seed(3)
    state, threads = torch.random.get_rng_state(), torch.get_num_threads()
    Faces(n=3).load(32)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize(("size", "factor"), [(64, 2), (32, 4), (16, 4)])
def test_same_portrait_at_every_size(size: int, factor: int) -> None:
    """A portrait is nearer to its own larger version, scaled down, than to any other one."""
    small = portraits(size, 24).pixels.float() / 255
    large = torch.nn.functional.avg_pool2d(portraits(size * factor, 24).pixels.float() / 255, factor)
    errors = (small[:, None] - large[None]).square().mean((2, 3, 4))
    assert torch.equal(errors.argmin(1), torch.arange(24))
    assert -10 * errors.diagonal().log10().min() > 26  # dB
    masks = portraits(size, 24).masks.float()  # type: ignore[union-attr]
    assert (masks.mean() - portraits(size * factor, 24).masks.float().mean()).abs() < 0.01  # type: ignore[union-attr]


@pytest.mark.parametrize("size", [1, 16, 31, 130])
def test_any_size(size: int) -> None:
    images = Faces(n=2).load(size)
    assert images.pixels.shape == (2, 3, size, size)
    assert images.pixels.float().std() > 10


def test_masks_are_faces() -> None:
    masks = portraits().masks
    assert masks is not None
    area = masks.float().mean((1, 2, 3))
    assert area.min() > 0.04
    assert area.max() < 0.35
    assert not masks[..., [0, 0, -1, -1], [0, -1, 0, -1]].any()
    ticks = torch.linspace(-1, 1, 64)
    weight = masks.float() / masks.sum((2, 3), keepdim=True)
    assert (weight.sum((1, 2)) * ticks).sum(1).abs().max() < 0.35
    assert (weight.sum((1, 3)) * ticks).sum(1).abs().max() < 0.35


def test_skin_follows_the_monk_scale() -> None:
    """The Monk scale's own order of lightness; tones 1 to 3 are nearly as light as one another."""
    images = portraits()
    light = mean_inside(images.pixels, images.masks).mean(1)  # type: ignore[arg-type]
    correlation, _ = spearmanr(light, images.attributes["skin_tone"])
    assert correlation < -0.6


def test_skin_darkens_with_tone_all_else_equal() -> None:
    traits = draw(4, hat=0, glasses=0, beard=0)
    lights = []
    for tone in (1, 4, 5, 6, 7, 8, 9):
        deep = tone / 9
        skin = skin_light(torch.full_like(traits.monk, tone))
        traits.skin, traits.dark = skin.float(), torch.full_like(traits.dark, deep)
        pixels, masks = photograph(traits)
        lights.append(mean_inside(pixels, masks).mean(1))
    assert (torch.stack(lights).diff(dim=0) < 0).all()


def test_attributes_are_plain_complete_and_vary() -> None:
    expected = {
        "skin_tone": set(range(1, 11)),
        "hair": set(kinds.HAIR_STYLES),
        "hair_colour": set(HAIR_COLOURS),
        "glasses": set(kinds.GLASSES),
        "smile": {"no", "yes"},
        "beard": set(kinds.BEARDS),
        "hat": set(kinds.HATS),
        "pose": {"frontal", "left", "right"},
        "lighting": set(kinds.LIGHTING),
        "age": set(kinds.AGES),
    }
    table = attributes(draw_traits(0, [f"face-{i:05d}" for i in range(1200)]))
    assert {name: set(column) for name, column in table.items()} == expected
    assert all(len(column) == 1200 for column in table.values())
    assert all(type(value) in (int, str) for column in table.values() for value in column)
    counts = [table["skin_tone"].count(k) for k in range(1, 11)]  # type: ignore[arg-type]
    assert min(counts) > 80


@pytest.mark.parametrize("name", ["glasses", "hat", "beard", "smiling", "backdrop", "clothes", "hair_style", "earring"])
def test_each_trait_shows(name: str) -> None:
    """Two values of a trait, all else equal, give two pictures."""
    shown = {"hat": 0, "hair_style": kinds.HAIR_STYLES.index("short"), name: 0}
    before, _ = photograph(draw(6, **shown))
    changed: dict[str, int | float] = {**shown, name: 1}
    if name == "smiling":
        changed.update(smile=0.9, open=0.8)
    after, _ = photograph(draw(6, **changed))
    assert ((before != after).flatten(1).float().mean(1) > 0.001).all()


def test_glasses_change_the_eyes_only() -> None:
    before, masks = photograph(draw(8, glasses=0, hat=0))
    after, _ = photograph(draw(8, glasses=1, hat=0))
    changed = (before.int() - after.int()).abs().amax(1, keepdim=True) > 12
    assert (changed & masks).flatten(1).any(1).all()
    assert not changed[:, :, 48:].any()


def test_hats_and_hair_are_not_face() -> None:
    bald = photograph(draw(8, hair_style=0, hat=0))[1]
    for covered in (draw(8, hair_style=0, hat=1), draw(8, hair_style=5, hat=0), draw(8, hair_style=0, hat=4)):
        masks = photograph(covered)[1]
        assert not (masks & ~bald).any()
        assert (masks.sum((1, 2, 3)) < bald.sum((1, 2, 3))).all()


def test_yaw_moves_the_face_to_the_side_it_names() -> None:
    right = attributes(draw(1, yaw=0.4))["pose"] + attributes(draw(1, yaw=-0.4))["pose"]
    assert right == ["right", "left"]


def test_pixelation_loses_what_it_loses_on_photographs() -> None:
    """Portraits at 64 px lose 16 to 23 dB to blocks of 8 px; cartoons with flat colours lose less."""
    clean = portraits().pixels.float() / 255
    blocks = torch.nn.functional.avg_pool2d(clean, 8).repeat_interleave(8, 2).repeat_interleave(8, 3)
    psnr = -10 * (clean - blocks).square().mean((1, 2, 3)).log10()
    assert 18.5 < psnr.mean() < 21.5


@pytest.mark.parametrize("bad", [{"n": 0}, {"seed": -1}])
def test_illegal_parameters(bad: dict[str, int]) -> None:
    with pytest.raises(SpecError):
        Faces(**bad)


def test_shapes_have_the_area_of_their_formulas() -> None:
    ticks = (torch.arange(400) + 0.5) / 100 - 2
    x, y = ticks.expand(400, 400), ticks[:, None].expand(400, 400)
    pixel = torch.tensor(0.01)
    assert cover(ellipse(x, y, 1.2, 1.0), pixel).sum() * 1e-4 == pytest.approx(torch.pi * 1.2, rel=0.01)
    assert cover(box(x, y, 1.5, 0.5, 0.5), pixel).sum() * 1e-4 == pytest.approx(2 + torch.pi / 4, rel=0.01)
