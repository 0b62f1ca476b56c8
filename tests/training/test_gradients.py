"""Gradients watched by stage: the norms that numpy finds, named after the model's own parts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from toys import TinyConv
from trainings import Dropping, TwoOptimizers, anew, same, trainer, weights

from benchbench.training.gradients import GradientWatch, stages


class Wrapped(nn.Module):
    """Two stages inside two wrappers, one of which has layers of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.ModuleDict({"encoder": nn.Linear(2, 3), "decoder": nn.Sequential(nn.Linear(3, 2))})
        )

    def forward(self, x: Tensor) -> Tensor:
        parts = self.body[0]
        return parts["decoder"](parts["encoder"](x))  # type: ignore[index, no-any-return]


def sgd(module: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.SGD(module.parameters(), 0.1)


def test_wrappers_are_looked_through() -> None:
    module = Wrapped()
    assert list(stages(module, {"all": sgd(module)})["all"]) == ["body.0.encoder", "body.0.decoder"]


def test_each_optimizer_has_the_stages_of_its_own_part() -> None:
    pair = nn.ModuleDict({"generator": Wrapped(), "discriminator": nn.Linear(2, 1)})
    found = stages(pair, {name: sgd(part) for name, part in pair.items()})
    assert list(found["generator"]) == ["generator.body.0.encoder", "generator.body.0.decoder"]
    assert list(found["discriminator"]) == ["discriminator"]


def test_a_module_without_children_is_named_after_its_optimizer() -> None:
    module = nn.Linear(2, 2)
    assert list(stages(module, {"all": sgd(module)})["all"]) == ["all"]


def test_every_parameter_is_in_one_stage() -> None:
    module = Wrapped()
    found = [p for own in stages(module, {"all": sgd(module)})["all"].values() for p in own]
    assert [id(p) for p in found] == [id(p) for p in module.parameters()]


def test_norms_are_means_of_what_numpy_finds() -> None:
    module = Wrapped()
    watch = GradientWatch(module, {"all": sgd(module)})
    expected = []
    for scale in (1.0, 5.0):
        module.zero_grad()
        (module(torch.ones(4, 2)) * scale).sum().backward()
        watch("all")
        encoder = module.get_submodule("body.0.encoder").parameters()
        expected.append(np.linalg.norm(np.concatenate([p.grad.numpy().ravel() for p in encoder if p.grad is not None])))
    means = watch.read()
    assert means["gradient/body.0.encoder"] == pytest.approx(np.mean(expected))
    watch("all")
    assert watch.read()["gradient/body.0.encoder"] == pytest.approx(expected[1])  # counted anew since it was read


def test_norms_are_those_before_clipping(cache) -> None:  # type: ignore[no-untyped-def]
    found: list[float] = []

    def note(name: str) -> None:
        found.append(float(run.module.weight.grad.norm()))  # type: ignore[union-attr, operator]

    class Clipped(TinyConv):
        recipe = replace(TinyConv.recipe, clip=1e-6)  # type: ignore[type-var]

    for model in (TinyConv(), Clipped()):
        run = trainer(cache, model)
        run.watch = note  # type: ignore[assignment]
        run.step()
    assert found[0] == pytest.approx(found[1])
    assert found[0] > 1e-3


@pytest.mark.parametrize("model", [Dropping(), TwoOptimizers()])
def test_watching_changes_no_bit_of_what_is_trained(cache, model) -> None:  # type: ignore[no-untyped-def]
    plain, watched = (
        trainer(cache, model, "2epochs", watch_gradients=watch).run(anew(cache)) for watch in (False, True)
    )
    assert same(weights(plain.module), weights(watched.module))
    assert all(name.startswith("gradient/") for name in watched.history[0].keys() - plain.history[0].keys())
    assert len(watched.history[0]) > len(plain.history[0])


def test_a_stage_that_the_loss_does_not_reach_shows_nought() -> None:
    module = Wrapped()
    watch = GradientWatch(module, {"all": sgd(module)})
    module(torch.ones(4, 2)).detach().sum()
    watch("all")
    assert set(watch.read().values()) == {0.0}
