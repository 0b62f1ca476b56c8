"""One step of training, and one look at fixed images: what every training is made of, however long it lasts."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ..contracts.model import Batch, Model
from ..contracts.seeding import generator
from ..data.batches import TrainingSet, validation_batch
from ..data.degraded import DegradedSet, psnr_of
from ..devices import autocast
from ..errors import TrialError
from . import flops

VALIDATION_BATCH = 32


def optimizer_step(
    model: Model,
    module: nn.Module,
    batch: Batch,
    optimizers: Mapping[str, Optimizer],
    update: bool = True,
    watch: Callable[[str], None] | None = None,
) -> Tensor:
    """One step of each optimizer; returns the sum of the losses, not yet read from the device.

    `watch` is called with an optimizer's name while its parameters have their gradients, before these are clipped.
    Raises TrialError for a loss that is no scalar with a gradient.
    """
    device = batch.clean.device
    total = torch.zeros((), device=device)
    for name, optimizer in optimizers.items():
        own = [p for group in optimizer.param_groups for p in group["params"]]
        optimizer.zero_grad(set_to_none=True)
        with autocast(device):
            loss = model.training_step(module, batch, name)
        if not (isinstance(loss, Tensor) and loss.ndim == 0 and loss.requires_grad):
            raise TrialError(f"{model.name}: the training loss must be a scalar tensor with a gradient")
        loss.backward(inputs=own)
        if watch is not None:
            watch(name)
        if model.recipe is not None and model.recipe.clip is not None:
            nn.utils.clip_grad_norm_(own, model.recipe.clip)
        if update:
            optimizer.step()
        total += loss.detach().float()
    return total


def training_flops(model: Model, module: nn.Module, data: TrainingSet) -> float:
    """Training FLOPs an image, forward and backward of all optimizers' steps, by `torch.utils.flop_counter`."""
    from torch.utils.flop_counter import FlopCounterMode

    flops.register()
    module = copy.deepcopy(module).train()
    n = min(2, len(data))
    batch = data.batch(torch.arange(n, device=data.index_device), generator(0, "flops", device=data.device), False)
    torch.manual_seed(0)
    with FlopCounterMode(display=False) as counter:
        optimizer_step(model, module, batch, model.configure_optimizers(module), update=False)
    return counter.get_total_flops() / n


@torch.no_grad()
def forward(model: Model, module: nn.Module, batch: Batch) -> Tensor:
    """What the module makes of a batch, under autocast, not clamped yet. Raises TrialError for its shape."""
    with autocast(batch.clean.device):
        restored: Tensor = module(batch.degraded, **batch.side(model))
    if restored.shape != batch.clean.shape:
        raise TrialError(f"the model turned {tuple(batch.clean.shape)} into {tuple(restored.shape)}")
    return restored


@torch.no_grad()
def validate(model: Model, module: nn.Module, pairs: DegradedSet, device: torch.device) -> tuple[float, float]:
    """Mean loss and PSNR over a fixed degraded set, in eval mode; the module is left in training mode."""
    module.eval()
    loss, psnr = 0.0, 0.0
    for start in range(0, len(pairs), VALIDATION_BATCH):
        batch = validation_batch(pairs, slice(start, start + VALIDATION_BATCH), device)
        restored = forward(model, module, batch)
        with autocast(device):
            value = float(model.loss(restored, batch))
        loss += value * len(batch.clean)
        psnr += psnr_of(restored.float().clamp(0, 1), batch.clean) * len(batch.clean)
    module.train()
    return loss / len(pairs), psnr / len(pairs)


def check_finite(loss: float, kind: str, step: int) -> None:
    """Raises TrialError for a loss that is infinite or not a number."""
    if not math.isfinite(loss):
        raise TrialError(f"the {kind} loss became {loss} by step {step}")
