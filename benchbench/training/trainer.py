"""The one training loop. Device, precision, randomness, clock, checkpoints and history live here.

Every step draws its randomness from (seed, step), so a run that was stopped and resumed is the run that never stopped.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from ..contracts.budget import epoch_steps
from ..contracts.seeding import derive, generator
from ..data.batches import TrainingSet
from ..data.degraded import DegradedSet
from ..devices import has_float64
from ..errors import TrialError
from ..results.trial import Trial
from .checkpoint import State, Stateful, restore, save
from .clock import Clock
from .compile import compile_module, eager
from .filmstrip import Frame, frame
from .gradients import GradientWatch
from .order import Order
from .progress import facts_of, progress_of
from .step import check_finite, optimizer_step, training_flops, validate

CHECKPOINT_SECONDS = 10.0
SHOW_SECONDS = 0.2

OnProgress = Callable[[Mapping[str, float], Sequence[Mapping[str, float]]], None]
"""Called with the newest progress, and the history so far."""
OnRung = Callable[[nn.Module], Mapping[str, Any]]
"""Called with a module to be scored, in eval mode, which it leaves as it is; returns what the checkpoint keeps."""


def no_scores(module: nn.Module) -> Mapping[str, Any]:
    """Score nothing."""
    return {}


@dataclass(frozen=True)
class Trained:
    """A trained module (with the weights that count) and how it got there."""

    module: nn.Module
    history: list[dict[str, float]]
    frames: list[Frame]
    """Reconstructions at several moments, the last by the weights that count; see `filmstrip`."""
    rungs: list[dict[str, Any]]
    """The fields of `record.Rung` but for its scores, and as `scored` what `on_rung` returned."""
    facts: dict[str, Any]


class Trainer(ABC):
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
        self.flops = training_flops(model, self.module, data)
        losses = torch.zeros((), dtype=torch.float64 if has_float64(self.device) else torch.float32, device=self.device)
        self.state = State(min(batch or recipe.batch, len(data)), losses)
        self.judged = self.make_judged()
        if self.compiled:
            compile_module(self.module, self.device)
        self.optimizers = dict(model.configure_optimizers(self.module))
        for group in self._groups():
            group["initial_lr"] = group["lr"]
        self.watch = GradientWatch(self.module, self.optimizers) if trial.watch_gradients else None
        self.clock, self.on_rung = Clock(self.device), cast(OnRung, no_scores)
        self.order = Order(len(data), self.seed, data.index_device)

    @abstractmethod
    def make_judged(self) -> nn.Module:
        """Return the module that is validated: itself, or a copy with other weights."""

    @abstractmethod
    def rate(self) -> float | None:
        """Compute the factor of the learning rates in the next step; None leaves them as they are."""

    @abstractmethod
    def stopped_by(self) -> str:
        """Say why the training is over, or nothing."""

    @abstractmethod
    def look(self) -> bool:
        """Do what is due after a step: validate, take frames, score; returns whether there is a new row."""

    @abstractmethod
    def finish(self, reason: str) -> nn.Module:
        """Do at the end what is left to do, none of which a checkpoint keeps; returns the module that counts."""

    @property
    def batch(self) -> int:
        """Images in a step."""
        return self.state.batch

    @property
    def epoch_steps(self) -> int:
        """Steps in an epoch."""
        return epoch_steps(len(self.data), self.batch)

    @property
    def step_flops(self) -> float:
        """FLOPs of a step."""
        return self.batch * self.flops

    @property
    def total(self) -> int | None:
        """Steps in the budget; None if only a clock can tell."""
        return self.budget.steps(self.batch, self.epoch_steps, self.flops, self.recipe.epochs)

    def save(self, checkpoint: Path) -> None:
        """Write the checkpoint."""
        save(checkpoint, self.state, self._parts())

    def restore(self, checkpoint: Path) -> None:
        """Go on from the checkpoint, if there is one of this version, with its size of batches."""
        state = restore(checkpoint, self._parts())
        if state is not None:
            state.best = {name: tensor.to(self.device) for name, tensor in state.best.items()}
            state.losses = state.losses.to(self.device, self.state.losses.dtype)
            self.state = state

    def _parts(self) -> dict[str, Stateful]:
        parts: dict[str, Stateful] = {"module": self.module}
        parts |= {f"optimizer {name}": optimizer for name, optimizer in self.optimizers.items()}
        return parts | ({"gradients": self.watch} if self.watch else {})

    def _groups(self) -> list[dict[str, Any]]:
        return [group for optimizer in self.optimizers.values() for group in optimizer.param_groups]

    def fraction(self) -> float:
        """Compute the part of the budget that is spent, in [0, 1]."""
        if self.total is None:
            return min(1.0, self.state.seconds / self.budget.amount)
        return min(1.0, self.state.step / self.total)

    def _set_rate(self) -> None:
        factor = self.rate()
        for group in self._groups() if factor is not None else ():
            group["lr"] = group["initial_lr"] * factor

    def step(self) -> Tensor:
        """Take the next step of each optimizer; returns the sum of the losses, not yet read from the device."""
        if self.compiled:
            torch.compiler.cudagraph_mark_step_begin()
        state = self.state
        source = generator(self.seed, "step", state.step, device=self.device)
        torch.manual_seed(derive(self.seed, "module", state.step))  # dropout and the like
        indices, ahead = self.order.indices(state.step, state.batch), self.order.ahead(state.step, state.batch)
        batch = self.data.batch(indices, source, self.recipe.flip, ahead)
        loss = optimizer_step(self.model, self.module, batch, self.optimizers, watch=self.watch)
        state.losses, state.loss_count, state.step = state.losses + loss, state.loss_count + 1, state.step + 1
        return loss

    def run(
        self,
        checkpoint: Path,
        on_progress: OnProgress = lambda progress, history: None,
        on_rung: OnRung = no_scores,
    ) -> Trained:
        """Train to the end of the budget, from the checkpoint if there is one, and leave one to go on from.

        Raises TrialError for a loss or an output that cannot be trained with.
        """
        self.restore(checkpoint)
        self.on_rung = on_rung
        self.module.train()
        self.clock = Clock(self.device, self.state.seconds)
        saved, shown = time.monotonic(), 0.0
        if not self.state.step:
            self.take_frame()
        while not (reason := self.stopped_by()):
            self._set_rate()
            self.step()
            self.state.seconds = self.clock.seconds
            has_row = self.look()
            now = time.monotonic()
            if has_row or now - shown > SHOW_SECONDS:
                on_progress(progress_of(self.state, self.fraction(), self.epoch_steps), self.state.history)
                shown = now
            if now - saved > CHECKPOINT_SECONDS:
                self.save(checkpoint)
                saved = now
        self.save(checkpoint)
        module = self.finish(reason)
        state = self.state
        on_progress(progress_of(state, self.fraction(), self.epoch_steps), state.history)
        facts = {"stopped_by": reason} | facts_of(state, self.flops, self.epoch_steps)
        facts |= {"gradients": self.watch.names()} if self.watch else {}
        return Trained(module.eval(), state.history, state.frames, state.rungs, facts)

    def take_frame(self, step: int | None = None) -> None:
        step = self.state.step if step is None else step
        with self.clock.stopped(), eager(self.compiled):
            self.state.frames.append(frame(self.model, self.judged, self.validation, self.device, step))

    def take_rung(self, flops: Sequence[float], row: Mapping[str, float]) -> None:
        """Have the judged module scored, as that of these rungs; `row` of the history has its validation."""
        with self.clock.stopped(), eager(self.compiled):
            scored = dict(self.on_rung(self.judged))
        state = self.state
        facts = {"steps": state.step, "images": state.step * state.batch, "seconds": round(state.seconds, 3)}
        facts["validation_psnr"] = row["validation_psnr"]
        state.rungs += [{"flops": rung, **facts, "scored": scored} for rung in flops]

    def close_round(self) -> float:
        """Validate and write a row of history; returns the validation loss."""
        state = self.state
        train_loss = float(state.losses) / max(1, state.loss_count)
        state.seconds = self.clock.seconds
        check_finite(train_loss, "training", state.step)
        loss, psnr = self._validate()
        check_finite(loss, "validation", state.step)
        state.losses.zero_()
        state.loss_count = 0
        row = {
            "epoch": round(state.step / self.epoch_steps, 4),
            "step": state.step,
            "images": state.step * self.batch,
            "flops": state.step * self.step_flops,
            "seconds": round(state.seconds, 3),
            "lr": self._groups()[0]["lr"],
            "train_loss": train_loss,
            "validation_loss": loss,
            "validation_psnr": psnr,
            **(self.watch.read() if self.watch else {}),
        }
        state.history.append(row)
        return loss

    def _validate(self) -> tuple[float, float]:
        with self.clock.stopped(), eager(self.compiled):
            return validate(self.model, self.judged, self.validation, self.device)
