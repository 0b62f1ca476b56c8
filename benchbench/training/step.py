"""One step of training, one validation, and the FLOPs of a step."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ..contracts.model import Batch, Model
from ..contracts.seeding import generator
from ..data.batches import TrainingSet
from ..data.degraded import DegradedSet, psnr_of
from ..devices import autocast
from ..errors import TrialError
from ..flops import counted

VALIDATION_BATCH = 32


def backpropagate(model: Model, module: nn.Module, batch: Batch, name: str, optimizer: Optimizer) -> Tensor:
    """Give the parameters of the named optimizer their gradients; returns the loss, not yet read from the device.

    Raises TrialError for a loss that is no scalar with a gradient.
    """
    optimizer.zero_grad(set_to_none=True)
    with autocast(batch.clean.device):
        loss = model.training_step(module, batch, name)
    if not (isinstance(loss, Tensor) and loss.ndim == 0 and loss.requires_grad):
        raise TrialError(f"{model.name}: the training loss must be a scalar tensor with a gradient")
    loss.backward(inputs=_parameters(optimizer))
    return loss.detach().float()


def optimizer_step(
    model: Model,
    module: nn.Module,
    batch: Batch,
    optimizers: Mapping[str, Optimizer],
    watch: Callable[[str], None] | None = None,
) -> Tensor:
    """Step each optimizer and return the sum of the losses, not yet read from the device. Raises TrialError.

    `watch` is called with an optimizer's name while its parameters have their gradients, before these are clipped.
    """
    total = torch.zeros((), device=batch.clean.device)
    for name, optimizer in optimizers.items():
        total += backpropagate(model, module, batch, name, optimizer)
        if watch is not None:
            watch(name)
        if model.recipe is not None and model.recipe.clip is not None:
            nn.utils.clip_grad_norm_(_parameters(optimizer), model.recipe.clip)
        optimizer.step()
    return total


def _parameters(optimizer: Optimizer) -> list[Tensor]:
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


def training_flops(model: Model, module: nn.Module, data: TrainingSet) -> float:
    """Count training FLOPs per image, forward and backward of all optimizers' steps, by `torch.utils.flop_counter`."""
    module = copy.deepcopy(module).train()
    n = min(2, len(data))
    batch = data.batch(torch.arange(n, device=data.index_device), generator(0, "flops", device=data.device), False)
    torch.manual_seed(0)
    with counted() as counter:
        for name, optimizer in model.configure_optimizers(module).items():
            backpropagate(model, module, batch, name, optimizer)
    return counter.get_total_flops() / n


@torch.no_grad()
def forward(model: Model, module: nn.Module, batch: Batch) -> Tensor:
    """Restore a batch under autocast, not clamped yet. Raises TrialError for a wrong shape."""
    with autocast(batch.clean.device):
        restored: Tensor = module(batch.degraded, **batch.side(model))
    if restored.shape != batch.clean.shape:
        raise TrialError(f"the model turned {tuple(batch.clean.shape)} into {tuple(restored.shape)}")
    return restored


@torch.no_grad()
def validate(model: Model, module: nn.Module, validation: DegradedSet, device: torch.device) -> tuple[float, float]:
    """Compute mean loss and PSNR over a degraded set in eval mode; the module keeps its mode."""
    was_training = module.training
    module.eval()
    loss, psnr = 0.0, 0.0
    for start in range(0, len(validation), VALIDATION_BATCH):
        batch = validation.batch(slice(start, start + VALIDATION_BATCH), device)
        restored = forward(model, module, batch)
        with autocast(device):
            value = float(model.loss(restored, batch))
        loss += value * len(batch.clean)
        psnr += psnr_of(restored.float().clamp(0, 1), batch.clean) * len(batch.clean)
    module.train(was_training)
    return loss / len(validation), psnr / len(validation)


def check_finite(loss: float, kind: str, step: int) -> None:
    """Raise TrialError for a loss that is infinite or not a number."""
    if not math.isfinite(loss):
        raise TrialError(f"the {kind} loss became {loss} by step {step}")
