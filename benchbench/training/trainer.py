"""The one training loop. Device, precision, budget, schedule, early stopping, checkpoints and history live here.

Every step draws its randomness from (seed, step), so a run that was stopped and resumed is the run that never stopped.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..contracts.optimizers import rate_factor
from ..contracts.seeding import derive, generator
from ..data.batches import TrainingSet
from ..data.degraded import DegradedSet
from ..errors import TrialError
from ..results.trial import Trial
from .checkpoint import State, Stateful, restore, save
from .compile import compile_module, eager
from .filmstrip import Frame, frame, is_due
from .gradients import GradientWatch
from .step import check_finite, optimizer_step, training_flops, validate

VALIDATIONS = 50  # at most this many over a budget, unless patience counts epochs
CHECKPOINT_SECONDS = 10.0
SHOW_SECONDS = 0.2

OnProgress = Callable[[Mapping[str, float], Sequence[Mapping[str, float]]], None]
"""Called with the newest progress, and the history so far."""


@dataclass(frozen=True)
class Trained:
    """A trained module (with its best weights) and how it got there."""

    module: nn.Module
    history: list[dict[str, float]]
    frames: list[Frame]
    """Reconstructions at several moments, the last by the weights that were kept; see `strip`."""
    facts: dict[str, Any]


class Trainer:
    """One training run: made, restored from its checkpoint if there is one, and run to the end of its budget."""

    def __init__(
        self, trial: Trial, module: nn.Module, data: TrainingSet, validation: DegradedSet, batch: int | None = None
    ) -> None:
        model, recipe = trial.model, trial.model.recipe
        if recipe is None or trial.budget is None or trial.seed is None:
            raise TypeError(f"to train {model} takes its recipe, a budget and a seed")
        self.model, self.recipe, self.budget, self.seed = model, recipe, trial.budget, trial.seed
        self.data, self.validation, self.device, self.compiled = data, validation, data.device, trial.compiled
        self.module = module.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        if not any(p.requires_grad for p in self.module.parameters()):
            raise TrialError(f"{model.name} has nothing to train: say recipe = None")
        self.batch = min(batch or recipe.batch, len(data))
        self.epoch_steps = len(data) // self.batch
        self.flops = training_flops(model, self.module, data)
        self.total = self.budget.steps(self.batch, self.epoch_steps, self.flops, recipe.epochs)
        if self.compiled:
            compile_module(self.module, self.device)
        self.optimizers = dict(model.configure_optimizers(self.module))
        for group in self._groups():
            group["initial_lr"] = group["lr"]
        self.plateaus = [
            torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=5)
            for optimizer in (self.optimizers.values() if recipe.schedule == "plateau" else ())
        ]
        self.watch = GradientWatch(self.module, self.optimizers) if trial.watch_gradients else None
        no_losses = torch.zeros((), dtype=torch.float64, device=self.device)
        self.state = State(copy.deepcopy(self.module.state_dict()), no_losses)
        self._permutation: tuple[int, Tensor] | None = None

    def save(self, checkpoint: Path) -> None:
        """Write the checkpoint."""
        save(checkpoint, self.state, self._parts())

    def restore(self, checkpoint: Path) -> None:
        """Go on from the checkpoint, if there is one of this version."""
        state = restore(checkpoint, self._parts())
        if state is not None:
            state.best = {name: tensor.to(self.device) for name, tensor in state.best.items()}
            state.losses = state.losses.to(self.device)
            self.state = state

    def _parts(self) -> dict[str, Stateful]:
        parts: dict[str, Stateful] = {"module": self.module}
        parts |= {f"optimizer {name}": optimizer for name, optimizer in self.optimizers.items()}
        parts |= {f"plateau {number}": plateau for number, plateau in enumerate(self.plateaus)}
        return parts | ({"gradients": self.watch} if self.watch else {})

    def _groups(self) -> list[dict[str, Any]]:
        return [group for optimizer in self.optimizers.values() for group in optimizer.param_groups]

    def _indices(self, step: int) -> Tensor:
        epoch, position = divmod(step, self.epoch_steps)
        if self._permutation is None or self._permutation[0] != epoch:
            order = torch.randperm(len(self.data), generator=generator(self.seed, "order", epoch))
            self._permutation = epoch, order.to(self.data.index_device)
        return self._permutation[1][position * self.batch : (position + 1) * self.batch]

    def _ahead(self) -> Tensor | None:
        """Look up the indices of the next step, where it belongs to the same epoch."""
        following = self.state.step + 1
        return self._indices(following) if following % self.epoch_steps else None

    def _fraction(self) -> float:
        if self.total is None:
            return min(1.0, self.state.seconds / self.budget.amount)
        return self.state.step / self.total

    def _set_rate(self) -> None:
        if self.recipe.schedule == "plateau":
            return
        factor = rate_factor(self.recipe.schedule, self._fraction())
        for group in self._groups():
            group["lr"] = group["initial_lr"] * factor

    def step(self) -> Tensor:
        """Take the next step of each optimizer; returns the sum of the losses, not yet read from the device."""
        if self.compiled:
            torch.compiler.cudagraph_mark_step_begin()
        state = self.state
        source = generator(self.seed, "step", state.step, device=self.device)
        torch.manual_seed(derive(self.seed, "module", state.step))  # dropout and the like
        batch = self.data.batch(self._indices(state.step), source, self.recipe.flip, self._ahead())
        loss = optimizer_step(self.model, self.module, batch, self.optimizers, watch=self.watch)
        state.losses, state.loss_count, state.step = state.losses + loss, state.loss_count + 1, state.step + 1
        return loss

    def run(self, checkpoint: Path, on_progress: OnProgress = lambda progress, history: None) -> Trained:
        """Train to the end of the budget, from the checkpoint if there is one; returns the weights that validated best.

        Raises TrialError for a loss or an output that cannot be trained with.
        """
        self.restore(checkpoint)
        self.module.train()
        if not self.state.step:
            self._take_frame()
        started, saved = time.monotonic() - self.state.seconds, time.monotonic()
        shown, reason = 0.0, ""
        while not reason:
            before = self._fraction()
            self._set_rate()
            self.step()
            now = time.monotonic()
            self.state.seconds = now - started
            reason = "budget" if self._fraction() >= 1 else ""
            ends_round = bool(reason) or self._validation_is_due()
            if ends_round:
                self._close_round()
                reason = reason or self._out_of_patience()
            if ends_round or now - shown > SHOW_SECONDS:
                on_progress(self._progress(), self.state.history)
                shown = now
            if not reason and is_due(before, self._fraction()):
                self._take_frame()
            if not reason and now - saved > CHECKPOINT_SECONDS:
                self.save(checkpoint)
                saved = time.monotonic()
        self.module.load_state_dict(self.state.best)
        self._take_frame(self.state.best_step)
        return Trained(self.module.eval(), self.state.history, self.state.frames, self._facts(reason))

    def _take_frame(self, step: int | None = None) -> None:
        step = self.state.step if step is None else step
        with eager(self.compiled):
            self.state.frames.append(frame(self.model, self.module, self.validation, self.device, step))

    def _out_of_patience(self) -> str:
        patience = self.recipe.patience if self.budget.kind == "recipe" else None
        return "patience" if patience is not None and self.state.stale >= patience else ""

    def _validation_is_due(self) -> bool:
        if self.state.step % self.epoch_steps:
            return False
        if self.budget.kind == "recipe" or self.total is None:
            return True
        epochs = max(1, round(self.total / self.epoch_steps / VALIDATIONS))
        return (self.state.step // self.epoch_steps) % epochs == 0

    def _close_round(self) -> None:
        """Validate, keep the best weights, write a row of history, tell the schedule."""
        state = self.state
        train_loss = float(state.losses) / state.loss_count
        check_finite(train_loss, "training", state.step)
        loss, psnr = self._validate()
        check_finite(loss, "validation", state.step)
        state.losses.zero_()
        state.loss_count = 0
        state.stale += 1
        if loss < state.best_loss:
            state.best_loss, state.best_step, state.stale = loss, state.step, 0
            state.best = copy.deepcopy(self.module.state_dict())
        row = {
            "epoch": round(state.step / self.epoch_steps, 4),
            "step": state.step,
            "images": state.step * self.batch,
            "flops": state.step * self.batch * self.flops,
            "seconds": round(state.seconds, 3),
            "lr": self._groups()[0]["lr"],
            "train_loss": train_loss,
            "validation_loss": loss,
            "validation_psnr": psnr,
            **(self.watch.read() if self.watch else {}),
        }
        state.history.append(row)
        for plateau in self.plateaus:
            plateau.step(loss)

    def _validate(self) -> tuple[float, float]:
        with eager(self.compiled):
            return validate(self.model, self.module, self.validation, self.device)

    def _progress(self) -> dict[str, float]:
        state, fraction = self.state, self._fraction()
        last = state.history[-1] if state.history else {}
        rate = state.step * self.batch / state.seconds if state.seconds else 0.0
        left = state.seconds * (1 - fraction) / fraction if fraction else math.nan
        return {
            "fraction": fraction,
            "images_per_second": rate,
            "seconds_left": left,
            "epoch": state.step / self.epoch_steps,
            "rows": len(state.history),
            **{key: last[key] for key in ("train_loss", "validation_loss", "validation_psnr") if key in last},
        }

    def _facts(self, reason: str) -> dict[str, Any]:
        state = self.state
        return {
            "stopped_by": reason,
            "steps": state.step,
            "epochs": round(state.step / self.epoch_steps, 4),
            "images": state.step * self.batch,
            "batch": self.batch,
            "flops_per_image": self.flops,
            "flops": state.step * self.batch * self.flops,
            "best_step": state.best_step,
            "best_validation_loss": state.best_loss,
            **({"gradients": self.watch.names()} if self.watch else {}),
        }
