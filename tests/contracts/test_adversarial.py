from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor, nn
from toys import Darken, ToyFaces, portraits
from trainings import anew

from benchbench import AdversarialModel, Batch, Recipe, Task
from benchbench.contracts.adversarial import cross_entropy, frozen_statistics
from benchbench.contracts.budget import Budget
from benchbench.data.batches import TrainingSet
from benchbench.data.degraded import degraded_set
from benchbench.results.trial import Trial
from benchbench.training.trainer import Trained
from benchbench.training.ways import make_trainer


@dataclass(frozen=True)
class Tiny(AdversarialModel):
    """A convolution with batch norm against another."""

    name = "tiny"
    recipe: ClassVar[Recipe | None] = Recipe(batch=8, lr=0.01, schedule="constant")

    def build_generator(self, task: Task) -> nn.Module:
        return nn.Sequential(
            nn.Conv2d(task.channels, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Conv2d(4, task.channels, 1)
        )

    def build_discriminator(self, task: Task) -> nn.Module:
        return nn.Sequential(nn.Conv2d(task.channels, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(4, 1, 1))


TASK = Task(8, None)  # type: ignore[arg-type]


def built(model: AdversarialModel) -> Any:
    torch.manual_seed(0)
    return model.build(TASK).train()


def batch() -> Batch:
    source = torch.Generator().manual_seed(0)
    clean = torch.rand(4, 3, 8, 8, generator=source)
    return Batch((clean + 0.1 * torch.randn(clean.shape, generator=source)).clamp(0, 1), clean)


def step(model: AdversarialModel, module: nn.Module, name: str) -> Tensor:
    optimizer = model.configure_optimizers(module)[name]
    own = [p for group in optimizer.param_groups for p in group["params"]]
    loss = model.training_step(module, batch(), name)
    loss.backward(inputs=own)
    optimizer.step()
    return loss


def snapshot(module: nn.Module) -> dict[str, Tensor]:
    return {key: value.clone() for key, value in module.state_dict().items()}


def changed(before: dict[str, Tensor], after: dict[str, Tensor]) -> set[str]:
    return {key for key in before if not torch.equal(before[key], after[key])}


@pytest.mark.parametrize("name", ["generator", "discriminator"])
def test_a_step_changes_its_own_network_alone_running_statistics_included(name: str) -> None:
    model = Tiny()
    module = built(model)
    before = snapshot(module)
    step(model, module, name)
    moved = changed(before, module.state_dict())
    assert moved
    assert {key.split(".")[0] for key in moved} == {name}
    assert f"{name}.1.running_mean" in moved


def test_optimizers_share_no_parameter_and_leave_none_out() -> None:
    model = Tiny()
    module = built(model)
    owned = [id(p) for o in model.configure_optimizers(module).values() for g in o.param_groups for p in g["params"]]
    assert sorted(owned) == sorted(id(p) for p in module.parameters())


def test_the_losses_are_the_formulas_of_the_paper() -> None:
    model = Tiny(reconstruction=3)
    module, images = built(model), batch()
    with torch.no_grad():
        restored = module.generator(images.degraded)
        real, fake = (module.discriminator(x).sigmoid() for x in (images.clean, restored))
    generator = -fake.log().mean() + 3 * ((restored - images.clean) ** 2).mean()
    discriminator = -0.5 * (real.log().mean() + (1 - fake).log().mean())
    torch.testing.assert_close(model.training_step(module, images, "generator"), generator)
    torch.testing.assert_close(model.training_step(module, images, "discriminator"), discriminator)


def test_a_discriminator_that_cannot_tell_costs_log_2_whatever_its_shape() -> None:
    assert cross_entropy(torch.zeros(2, 1, 5, 5), 1.0).item() == pytest.approx(math.log(2))
    assert cross_entropy(torch.zeros(2), 0.0).item() == pytest.approx(math.log(2))


def test_restoring_and_counting_are_the_generators_alone() -> None:
    model = Tiny()
    module, images = built(model).eval(), batch()
    assert torch.equal(module(images.degraded), module.generator(images.degraded))
    assert model.count_parameters(module) == sum(p.numel() for p in module.generator.parameters())


def test_frozen_statistics_normalise_as_in_training() -> None:
    norm, x = nn.BatchNorm2d(3).train(), torch.rand(4, 3, 5, 5)
    expected = nn.BatchNorm2d(3).train()(x)
    before = snapshot(norm)
    with frozen_statistics(norm):
        assert torch.equal(norm(x), expected)
    assert not changed(before, norm.state_dict())
    norm(x)
    assert changed(before, norm.state_dict())


def test_a_module_of_another_kind_is_refused() -> None:
    with pytest.raises(TypeError, match="AdversarialPair, not a Linear"):
        Tiny().configure_optimizers(nn.Linear(1, 1))


def trained(cache: Path, model: AdversarialModel, budget: str = "12epochs") -> Trained:
    data, degradation = portraits(cache, ToyFaces(n=60)), Darken()
    torch.manual_seed(0)
    module = model.build(Task(16, degradation))
    validation = degraded_set(data, "validation", degradation, cache)
    training_set = TrainingSet(data, degradation, torch.device("cpu"))
    trial = Trial(cache, "toy-faces", "", 16, degradation, model, seed=0, budget=Budget.parse(budget))
    return make_trainer(trial, module, training_set, validation).run(anew(cache))


def test_the_harness_trains_both_and_validates_the_restorer(cache: Path) -> None:
    model = Tiny(reconstruction=100)
    torch.manual_seed(0)
    start = snapshot(model.build(Task(16, Darken())))
    result, untrained = trained(cache, model), trained(cache, model, "1images").history[0]["validation_loss"]
    assert {key.split(".")[0] for key in changed(start, result.module.state_dict())} == {"generator", "discriminator"}
    assert result.history[-1]["validation_loss"] < 0.7 * untrained


def test_the_budget_pays_for_the_discriminator_too(cache: Path) -> None:
    class Wide(Tiny):
        def build_discriminator(self, task: Task) -> nn.Module:
            return nn.Sequential(nn.Conv2d(task.channels, 64, 3), nn.Conv2d(64, 1, 1))

    assert trained(cache, Wide()).facts["flops_per_image"] > 2 * trained(cache, Tiny()).facts["flops_per_image"]
