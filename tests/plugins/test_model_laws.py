"""The laws that every built-in model keeps, whatever it does to an image."""

from __future__ import annotations

import copy
import importlib
import pickle
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import benchbench_plugins.models
from benchbench import Batch, Degradation, Degraded, Draw, Model, Task
from benchbench.seeding import FreshDraw


@dataclass(frozen=True)
class Blur(Degradation):
    """A known blur with an inverse, so that no model of the package is unavailable on it."""

    name = "test-blur"

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        kernel = torch.full((len(clean), 1, 3, 3), 1 / 9)
        images = nn.functional.avg_pool2d(clean, 3, stride=1, padding=1, count_include_pad=False)
        return Degraded(images, truth={"kernel": kernel})

    def invert(self, degraded: Tensor, truth: Mapping[str, Tensor]) -> Tensor:
        return degraded.flip(-1).flip(-1)


def built_in() -> dict[str, type[Model]]:
    found: dict[str, type[Model]] = {}
    for module in pkgutil.iter_modules(benchbench_plugins.models.__path__):
        if not module.name.startswith("_"):
            plugin = importlib.import_module(f"benchbench_plugins.models.{module.name}")
            found |= {model.name: model for model in plugin.benchbench_models()}
    return found


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # images this small gain nothing from more, and lose much where cores are busy
    yield
    torch.set_num_threads(before)


MODELS = built_in()
TRAINED = [name for name, model in MODELS.items() if model.recipe is not None]
every_model = pytest.mark.parametrize("name", MODELS)
every_trained_model = pytest.mark.parametrize("name", TRAINED)


def task(size: int = 32, channels: int = 3) -> Task:
    return Task(size, Blur(), channels, (0.5,) * channels, (0.25,) * channels)


def module_of(name: str, work: Task) -> nn.Module:
    reason = MODELS[name]().unavailable(work)
    if reason is not None:
        pytest.skip(reason)
    torch.manual_seed(0)
    return MODELS[name]().build(work).eval()


def batch(n: int, size: int, channels: int = 3) -> Batch:
    source = torch.Generator().manual_seed(n + size)
    coarse = torch.rand((n, channels, 5, 5), generator=source)
    clean = nn.functional.interpolate(coarse, size=(size, size), mode="bilinear")
    made = Blur().apply(clean, FreshDraw(n, source))
    return Batch(made.images, clean, torch.ones((n, 1, size, size), dtype=torch.bool), truth=made.truth)


def side(name: str, images: Batch) -> dict[str, Any]:
    return {key: getattr(images, key) for key in MODELS[name]().sees}


def restore(name: str, module: nn.Module, images: Batch) -> Tensor:
    with torch.no_grad():
        return module(images.degraded, **side(name, images))


@every_model
@pytest.mark.parametrize("channels", [1, 3])
def test_forward_keeps_shape_and_is_finite(name: str, channels: int) -> None:
    for n, size in [(2, 32), (1, 48), (2, 63), (1, 64)]:
        images = batch(n, size, channels)
        restored = restore(name, module_of(name, task(size, channels)), images)
        assert restored.shape == images.clean.shape
        assert restored.dtype == torch.float32
        assert restored.isfinite().all()


@every_model
def test_forward_leaves_its_input_alone(name: str) -> None:
    images = batch(2, 32)
    before = images.degraded.clone()
    restore(name, module_of(name, task()), images)
    assert torch.equal(images.degraded, before)


@every_model
def test_equal_seeds_give_equal_images(name: str) -> None:
    images = batch(2, 32)
    first, second = (restore(name, module_of(name, task()), images) for _ in range(2))
    assert torch.equal(first, second)


@every_model
def test_images_of_a_batch_do_not_touch_each_other(name: str) -> None:
    images, module = batch(3, 32), module_of(name, task())
    alone = Batch(
        images.degraded[1:2], images.clean[1:2], images.region[1:2], truth={"kernel": images.truth["kernel"][1:2]}
    )
    torch.testing.assert_close(restore(name, module, images)[1:2], restore(name, module, alone), atol=1e-5, rtol=1e-4)


@every_model
def test_a_pickled_module_restores_alike(name: str) -> None:
    images, module = batch(1, 32), module_of(name, task())
    again = pickle.loads(pickle.dumps(module))
    assert torch.equal(restore(name, module, images), restore(name, again, images))


@every_model
def test_says_what_it_is(name: str) -> None:
    assert MODELS[name].description()
    assert name == MODELS[name].name == str(MODELS[name]())


@every_trained_model
@pytest.mark.parametrize("channels", [1, 3])
def test_gradients_reach_every_parameter(name: str, channels: int) -> None:
    module = module_of(name, task(channels=channels)).train()
    source = torch.Generator().manual_seed(0)
    for parameter in module.parameters():  # a layer that starts at zero lets no gradient through to those before it
        parameter.data += 0.05 * torch.randn(parameter.shape, generator=source)
    images = batch(4, 32, channels)
    model = MODELS[name]()
    for optimizer in model.configure_optimizers(module):
        model.training_step(module, images, optimizer).backward()
    silent = [key for key, p in module.named_parameters() if p.grad is None or not p.grad.any()]
    assert silent == []


@every_trained_model
def test_training_lowers_the_loss(name: str) -> None:
    model, module, images = MODELS[name](), module_of(name, task()).train(), batch(2, 32)
    optimizer = torch.optim.Adam(module.parameters(), lr=2e-3)
    torch.manual_seed(0)  # for dropout
    losses: list[float] = []
    while len(losses) < 40 and min(losses, default=0) >= 0.8 * next(iter(losses), 0):
        optimizer.zero_grad()
        loss = model.loss(module(images.degraded, **side(name, images)), images)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]


@every_trained_model
def test_channels_last_changes_nothing(name: str) -> None:
    images, module = batch(2, 32), module_of(name, task())
    fast = copy.deepcopy(module).to(memory_format=torch.channels_last)
    moved = Batch(images.degraded.contiguous(memory_format=torch.channels_last), images.clean, truth=images.truth)
    torch.testing.assert_close(restore(name, fast, moved), restore(name, module, images), atol=1e-5, rtol=1e-4)
