"""The laws of models that are trained."""

from __future__ import annotations

import math
import tempfile
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from ..contracts.budget import Budget
from ..contracts.model import Batch
from ..data.batches import TrainingSet
from ..results.trial import Trial
from ..training.step import optimizer_step
from ..training.trainer import Trainer
from ..training.ways import make_trainer
from . import fixtures
from .law import NotApplicable, law, laws_of, require
from .model_case import ModelCase

IMAGES, STEPS = 4, 48
CHECKPOINT = "checkpoint.safetensors"
FEW = 2  # steps
DIM = fixtures.Softening(light=0.5)  # so much to mend that a few steps show


def require_training(case: ModelCase) -> None:
    """Raise NotApplicable for a model that needs no training."""
    if case.component.recipe is None:
        raise NotApplicable("it needs no training")


@law("use every parameter in `training_step`, give each to an optimizer, and freeze (`requires_grad_(False)`) the rest")
def gradients_reach_all_parameters(case: ModelCase) -> None:
    """Each parameter that asks for a gradient gets one, from the optimizer that descends it."""
    require_training(case)
    module = case.module()
    take_a_step(case, module, case.batch())
    asking = {name: p for name, p in module.named_parameters() if p.requires_grad}
    silent = [name for name, p in asking.items() if p.grad is None]
    require(not silent, f"{len(silent)} of {len(asking)} parameters get none: {', '.join(silent[:3])}")


def take_a_step(case: ModelCase, module: nn.Module, batch: Batch) -> None:
    """Step each optimizer once; the module is left in eval mode."""
    with fixtures.global_seed(0):
        optimizer_step(case.component, module.train(), batch, case.component.configure_optimizers(module))
    module.eval()


@law("check the loss's sign, the recipe's learning rate, and that `training_step` descends what `loss` measures")
def training_lowers_the_loss(case: ModelCase) -> None:
    """A few steps of the harness's own training lower the model's loss on the images it was trained with."""
    require_training(case)
    if case.component.unavailable(replace(case.task(), degradation=DIM)) is None:
        case = replace(case, degradations=(DIM,))
    with fixtures.global_seed(0), tempfile.TemporaryDirectory() as folder:
        trainer = _trainer(case)
        batch = trainer.validation.batch(slice(0, IMAGES), case.device)
        before = _loss(case, trainer.module, batch)
        after = _loss(case, trainer.run(Path(folder) / CHECKPOINT).module, batch)
    require(math.isfinite(after) and after < before, f"the loss was {before:.6g}, and {after:.6g} after {STEPS} steps")


@law("keep what training remembers in parameters, buffers or the optimizer: nothing else is in a checkpoint")
def training_goes_on_from_a_checkpoint(case: ModelCase) -> None:
    """A training that goes on from its checkpoint ends with the weights of one that never stopped."""
    require_training(case)
    if case.device.type != "cpu":
        raise NotApplicable("only a CPU repeats a training to the bit")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with tempfile.TemporaryDirectory() as folder:
            whole, stopped, resumed = (_trainer(case) for _ in range(3))
            _go(whole, 2 * FEW)
            _go(stopped, FEW)
            stopped.save(Path(folder) / CHECKPOINT)
            resumed.restore(Path(folder) / CHECKPOINT)
            _go(resumed, FEW)
    finally:
        torch.set_num_threads(threads)
    weights = resumed.module.state_dict()
    differ = [name for name, value in whole.module.state_dict().items() if not torch.equal(value, weights[name])]
    require(not differ, f"{len(differ)} of {len(weights)} tensors differ: {', '.join(differ[:3])}")


def _trainer(case: ModelCase) -> Trainer:
    """Begin a training of the case's model."""
    model, degradation = case.component, case.degradation
    data = TrainingSet(fixtures.dataset(IMAGES, case.size), degradation, case.device)
    validation = fixtures.degraded_set(degradation, IMAGES, case.size)
    budget = Budget.parse(f"{STEPS}epochs")
    trial = Trial(Path(), "noise", "", case.size, degradation, model, seed=0, budget=budget)
    with fixtures.global_seed(0):
        return make_trainer(trial, model.build(case.task()).to(case.device), data, validation)


def _go(trainer: Trainer, steps: int) -> None:
    trainer.module.train()
    for _ in range(steps):
        trainer.step()


@torch.no_grad()
def _loss(case: ModelCase, module: nn.Module, batch: Batch) -> float:
    module.eval()
    return float(case.component.loss(case.restored(module, batch), batch))


LAWS = laws_of(globals())
