"""What built-in degradations promise beyond the contract, whatever they do to an image."""

from __future__ import annotations

import importlib
import pkgutil

import pytest
import torch
from torch import Tensor
from variants import DEGRADATIONS

import benchbench_plugins.degradations
from benchbench import Degradation, Degraded, SpecError
from benchbench.contracts import specs
from benchbench.contracts.applying import apply_degradation
from benchbench.contracts.parameters import Range, parameters_of
from benchbench.contracts.seeding import SeededDraw

MODULES = [
    importlib.import_module(f"{benchbench_plugins.degradations.__name__}.{module.name}")
    for module in pkgutil.iter_modules(benchbench_plugins.degradations.__path__)
    if not module.name.startswith("_")
]
CLASSES = [component for module in MODULES for component in module.benchbench_degradations()]
REGISTRY = {component.name: component for component in CLASSES}
SPECS = [component.name for component in CLASSES] + DEGRADATIONS + ["swirl:rotation=-1..1"]
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
    return apply_degradation(degradation, clean, SeededDraw(3, str(degradation), ids))


@every_degradation
@pytest.mark.parametrize("shape", [(2, 3, 24, 24), (1, 1, 17, 23), (3, 3, 31, 16), (1, 3, 1, 5)])
def test_leaves_its_input_alone(degradation: Degradation, shape: tuple[int, ...]) -> None:
    clean = portraits(*shape)
    before = clean.clone()
    result = degrade(degradation, clean, IDS[: shape[0]])
    assert result.images.shape == clean.shape
    assert torch.equal(clean, before)
    result.images.zero_()
    assert torch.equal(clean, before), "the result shares memory with the input"


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


@pytest.mark.parametrize("component", CLASSES, ids=lambda c: c.name)
def test_file_is_named_after_its_component(component: type[Degradation]) -> None:
    assert component.__module__.rpartition(".")[2] == component.name.replace("-", "_")


@pytest.mark.parametrize("component", CLASSES, ids=lambda c: c.name)
def test_every_number_has_a_legal_range(component: type[Degradation]) -> None:
    for parameter in parameters_of(component).values():
        if parameter.kind in (int, float, Range):
            assert parameter.low is not None, parameter.name
            assert parameter.high is not None, parameter.name
            with pytest.raises(SpecError, match=parameter.name):
                component(**{parameter.name: parameter.low - 1})
            with pytest.raises(SpecError, match=parameter.name):
                component(**{parameter.name: parameter.high + 1})
