"""Laws that every built-in degradation keeps, whatever it does to an image."""

from __future__ import annotations

import importlib
import pkgutil

import pytest
import torch
from torch import Tensor

import benchbench_plugins.degradations
from benchbench import Degradation, Degraded, SpecError, specs
from benchbench.seeding import FreshDraw, SeededDraw

MODULES = [
    importlib.import_module(f"{benchbench_plugins.degradations.__name__}.{module.name}")
    for module in pkgutil.iter_modules(benchbench_plugins.degradations.__path__)
    if not module.name.startswith("_")
]
CLASSES = [component for module in MODULES for component in module.benchbench_degradations()]
VARIED = [
    "motion-blur:length=1..12,angle=-90..90",
    "motion-blur:length=7,angle=30",
    "occlude:count=3,fill=noise",
    "occlude:fill=mean",
    "pixel-flip:fraction=0.05..0.5",
    "quantize:levels=2..16",
    "jpeg:quality=5..95,subsampling=4:4:4",
    "downscale:factor=3",
    "rotate:angle=-180..180",
    "flip:direction=horizontal",
    "pixelate:block=5",
    "gaussian-blur:sigma=0.5..3",
    "gaussian-noise:sigma=0..0.3",
    "swirl:centre_x=0.3..0.7,centre_y=0.3..0.7,rotation=-1..1",
]
REGISTRY = {component.name: component for component in CLASSES}
SPECS = [component.name for component in CLASSES] + VARIED
IDS = [f"portrait-{i}" for i in range(64)]

every_degradation = pytest.mark.parametrize("degradation", SPECS, indirect=True)


@pytest.fixture
def degradation(request: pytest.FixtureRequest) -> Degradation:
    built: Degradation = specs.resolve(request.param, REGISTRY, "degradation")
    return built


def portraits(n: int, channels: int = 3, height: int = 24, width: int = 24) -> Tensor:
    """Smooth ramps with 8-bit noise, like images that come from the cache."""
    source = torch.Generator().manual_seed(1)
    ramp = torch.linspace(0, 0.7, width) * torch.linspace(0.3, 1, height)[:, None]
    images = ramp + 0.3 * torch.rand(n, channels, height, width, generator=source)
    return (images * 255).round() / 255


def degrade(degradation: Degradation, clean: Tensor, ids: list[str]) -> Degraded:
    return degradation.apply(clean, SeededDraw(3, str(degradation), ids))


def in_batches(degradation: Degradation, clean: Tensor, size: int) -> list[Degraded]:
    return [degrade(degradation, c, IDS[i * size :][: len(c)]) for i, c in enumerate(clean.split(size))]


def eight_bits(images: Tensor) -> Tensor:
    return (images.clamp(0, 1) * 255).round().to(torch.uint8)


@every_degradation
@pytest.mark.parametrize("shape", [(2, 3, 24, 24), (1, 1, 17, 23), (3, 3, 31, 16), (1, 3, 1, 5)])
def test_keeps_shape_and_dtype_and_leaves_its_input_alone(degradation: Degradation, shape: tuple[int, ...]) -> None:
    clean = portraits(*shape)
    before = clean.clone()
    result = degrade(degradation, clean, IDS[: shape[0]])
    assert result.images.shape == clean.shape
    assert result.images.dtype == torch.float32
    assert result.images.isfinite().all()
    assert torch.equal(clean, before)
    result.images.zero_()
    assert torch.equal(clean, before), "the result shares memory with the input"


@every_degradation
@pytest.mark.parametrize("size", [1, 7])
def test_batch_size_changes_nothing(degradation: Degradation, size: int) -> None:
    clean = portraits(64)
    whole, parts = degrade(degradation, clean, IDS), in_batches(degradation, clean, size)
    assert torch.equal(torch.cat([p.images for p in parts]), whole.images)
    for key, values in whole.truth.items():
        assert torch.equal(torch.cat([p.truth[key] for p in parts]), values), key
    if whole.region is not None:
        assert torch.equal(torch.cat([p.region for p in parts if p.region is not None]), whole.region)


@every_degradation
def test_order_changes_nothing(degradation: Degradation) -> None:
    clean, backwards = portraits(8), list(range(7, -1, -1))
    forth = degrade(degradation, clean, IDS[:8]).images
    back = degrade(degradation, clean[backwards], [IDS[i] for i in backwards]).images
    assert torch.equal(back[backwards], forth)


@every_degradation
def test_memory_format_changes_nothing(degradation: Degradation) -> None:
    clean = portraits(4, height=19, width=22)
    usual = degrade(degradation, clean, IDS[:4]).images
    channels_last = degrade(degradation, clean.contiguous(memory_format=torch.channels_last), IDS[:4]).images
    assert torch.equal(eight_bits(channels_last), eight_bits(usual))


@every_degradation
def test_leaves_the_global_generator_alone(degradation: Degradation) -> None:
    state = torch.get_rng_state()
    degradation.apply(portraits(2), FreshDraw(2, torch.Generator().manual_seed(5)))
    assert torch.equal(torch.get_rng_state(), state)


@every_degradation
def test_all_randomness_comes_from_the_draw(degradation: Degradation) -> None:
    clean = portraits(4)
    first, again = (degrade(degradation, clean, IDS[:4]) for _ in range(2))
    assert torch.equal(first.images, again.images)


@every_degradation
def test_region_and_truth_have_the_shapes_that_the_contract_says(degradation: Degradation) -> None:
    result = degrade(degradation, portraits(5, height=20, width=28), IDS[:5])
    if result.region is not None:
        assert result.region.dtype == torch.bool
        assert result.region.shape == (5, 1, 20, 28)
    assert all(len(values) == 5 for values in result.truth.values())


@pytest.mark.parametrize("degradation", [s for s in SPECS if s.startswith(("occlude", "pixel-flip"))], indirect=True)
def test_pixels_outside_the_region_are_unchanged(degradation: Degradation) -> None:
    clean = portraits(5, height=40, width=40)
    result = degrade(degradation, clean, IDS[:5])
    assert result.region is not None
    assert torch.equal(result.images.where(~result.region, clean), clean)
    assert result.region.any()
    assert not result.region.all()


@pytest.mark.parametrize("degradation", [s for s in SPECS if "-blur" in s], indirect=True)
def test_blurs_tell_their_kernel(degradation: Degradation) -> None:
    kernel = degrade(degradation, portraits(3), IDS[:3]).truth["kernel"]
    assert kernel.shape[:2] == (3, 1)
    assert kernel.shape[2] == kernel.shape[3]
    assert kernel.shape[2] % 2 == 1
    torch.testing.assert_close(kernel.sum((1, 2, 3)), torch.ones(3))


@pytest.mark.parametrize("degradation", [s for s in SPECS if "noise" not in s and "flip" not in s], indirect=True)
def test_colours_stay_in_range_where_nothing_is_added(degradation: Degradation) -> None:
    clean = torch.full((2, 3, 21, 21), 0.5)
    images = degrade(degradation, clean, IDS[:2]).images
    assert images.min() >= -1e-6
    assert images.max() <= 1 + 1e-6


@every_degradation
def test_inverse_keeps_shape_and_restores_something(degradation: Degradation) -> None:
    if not degradation.has_oracle:
        with pytest.raises(NotImplementedError, match=degradation.name):
            degradation.invert(portraits(1), {})
        return
    # A smooth image, so that interpolation loses little.
    wave = torch.linspace(-3, 3, 96)
    clean = (0.5 + 0.25 * wave.sin() + 0.25 * wave.cos()[:, None]).clamp(0, 1).expand(2, 3, 96, 96).contiguous()
    result = degrade(degradation, clean, IDS[:2])
    before = result.images.clone()
    restored = degradation.invert(result.images, result.truth)
    centre = (..., slice(32, 64), slice(32, 64))
    assert restored.shape == clean.shape
    assert torch.equal(result.images, before)
    assert ((restored - clean)[centre] ** 2).mean() < max(1e-5, 0.05 * ((before - clean)[centre] ** 2).mean())


@pytest.mark.parametrize("component", CLASSES, ids=lambda c: c.name)
def test_is_described_and_every_parameter_has_help_and_a_legal_range(component: type[Degradation]) -> None:
    assert component.description()
    for parameter in specs.parameters(component).values():
        assert parameter.help, parameter.name
        if parameter.type in (int, float, specs.Range):
            assert parameter.low is not None, parameter.name
            assert parameter.high is not None, parameter.name
            with pytest.raises(SpecError, match=parameter.name):
                component(**{parameter.name: parameter.low - 1})
            with pytest.raises(SpecError, match=parameter.name):
                component(**{parameter.name: parameter.high + 1})


@every_degradation
def test_spec_gives_the_same_degradation_back(degradation: Degradation) -> None:
    assert specs.resolve(str(degradation), REGISTRY, "degradation") == degradation


@pytest.mark.parametrize("component", CLASSES, ids=lambda c: c.name)
def test_file_is_named_after_its_component(component: type[Degradation]) -> None:
    assert component.__module__.rpartition(".")[2] == component.name.replace("-", "_")
