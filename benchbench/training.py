"""The one training loop. Device, precision, budget, schedule, early stopping, checkpoints and history live here.

Every step draws its randomness from (seed, step), so a run that was stopped and resumed is the run that never stopped.
"""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from . import flops
from .budget import Budget
from .data import Portraits
from .degrading import Pairs, act, finish, psnr_of
from .errors import TrialError
from .files import load_tensors, pack, save_tensors, unpack
from .interfaces import Batch, Degradation, Model, Recipe
from .seeding import FreshDraw, derive, generator

WARM_UP = 0.02  # of the budget
VALIDATIONS = 50  # at most this many over a budget, unless patience counts epochs
VALIDATION_BATCH = 32
CHECKPOINT_SECONDS = 10.0

OnProgress = Callable[[Mapping[str, float], Sequence[Mapping[str, float]]], None]
"""Called with the newest progress, and the history so far."""


def make_optimizer(recipe: Recipe, parameters: Iterable[nn.Parameter]) -> Optimizer:
    """The recipe's optimizer over the parameters; Adam and AdamW are the fused kind."""
    parameters = [p for p in parameters if p.requires_grad]
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(parameters, recipe.lr, momentum=0.9, weight_decay=recipe.weight_decay)
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[recipe.optimizer]
    return kind(parameters, recipe.lr, weight_decay=recipe.weight_decay, fused=True)


class TrainingSet:
    """The training split, on the device as uint8; batches are gathered, mirrored, scaled and degraded there."""

    def __init__(self, portraits: Portraits, degradation: Degradation, device: torch.device) -> None:
        indices = portraits.indices("train")
        self.pixels = portraits.pixels[indices].to(device)
        self.faces = None if portraits.masks is None else portraits.masks[indices].to(device)
        self.degradation, self.device = degradation, device

    def __len__(self) -> int:
        return len(self.pixels)

    def statistics(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Mean and standard deviation of each channel, in [0, 1]."""
        levels = torch.arange(256, dtype=torch.float64)
        mean, std = [], []
        for channel in self.pixels.unbind(1):
            counts = torch.bincount(channel.flatten(), minlength=256).double().cpu()
            average = float((counts * levels).sum() / counts.sum())
            mean.append(average / 255)
            std.append(math.sqrt(float((counts * (levels - average) ** 2).sum() / counts.sum())) / 255)
        return tuple(mean), tuple(std)

    def batch(self, indices: Tensor, source: torch.Generator, flip: bool) -> Batch:
        """The images at `indices`, degraded by fresh draws from `source`."""
        n = len(indices)
        clean = self.pixels[indices].float().div_(255)
        face = None if self.faces is None else self.faces[indices]
        if flip:
            mirrored = (torch.rand(n, generator=source, device=self.device) < 0.5).view(n, 1, 1, 1)
            clean = torch.where(mirrored, clean.flip(-1), clean)
            face = None if face is None else torch.where(mirrored, face.flip(-1), face)
        step = act(self.degradation, clean, FreshDraw(n, source), face)
        degraded = finish(step.images).contiguous(memory_format=torch.channels_last)
        return Batch(degraded, clean, step.region, face, step.truth)

    def once(self, seed: int | None, batch: int = 32) -> Iterator[Batch]:
        """Every image once, in order and unmirrored, degraded by draws of its own."""
        source = generator(seed, "fit", device=self.device)
        for indices in torch.arange(len(self), device=self.device).split(batch):
            yield self.batch(indices, source, flip=False)


@dataclass
class State:
    """All that a training run needs to go on where it stopped."""

    step: int = 0
    seconds: float = 0.0
    best_loss: float = math.inf
    best_step: int = 0
    stale: int = 0
    """Validations since the best one."""
    loss_count: int = 0
    """Steps since the last validation."""
    history: list[dict[str, float]] = field(default_factory=list)


@dataclass(frozen=True)
class Trained:
    """A trained module (with its best weights) and how it got there."""

    module: nn.Module
    history: list[dict[str, float]]
    facts: dict[str, Any]


def autocast(device: torch.device) -> torch.autocast:
    """bf16 autocast where the device multiplies bf16 matrices natively, else a context that changes nothing."""
    return torch.autocast(device.type, torch.bfloat16, enabled=has_bf16(device))


def has_bf16(device: torch.device) -> bool:
    """Whether the device has native bf16 matrix products."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and "bf16" in cpu_capabilities()


def cpu_capabilities() -> str:
    """The processor's bf16 features, such as `avx512_bf16 amx_tile`, or nothing."""
    cpu = torch.cpu
    known = {"avx512_bf16": "_is_avx512_bf16_supported", "amx_tile": "_is_amx_tile_supported"}
    return " ".join(name for name, probe in known.items() if getattr(cpu, probe, bool)())


class Trainer:
    """One training run: made, restored from its checkpoint if there is one, and run to the end of its budget."""

    def __init__(
        self,
        model: Model,
        module: nn.Module,
        data: TrainingSet,
        validation: Pairs,
        budget: Budget,
        seed: int,
        checkpoint: Path,
        on_progress: OnProgress = lambda progress, history: None,
    ) -> None:
        if model.recipe is None:
            raise TypeError(f"{model.name} has no recipe, so it cannot be trained")
        self.model, self.recipe, self.data, self.seed, self.on_progress = model, model.recipe, data, seed, on_progress
        self.device = data.device
        self.module = module.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        if not any(p.requires_grad for p in self.module.parameters()):
            raise TrialError(f"{model.name} has nothing to train: say recipe = None")
        self.validation = validation
        self.batch = min(self.recipe.batch, len(data))
        self.epoch_steps = len(data) // self.batch
        self.flops = self.count_flops()
        self.optimizers = dict(model.configure_optimizers(self.module))
        self.budget = budget
        self.total = budget.steps(self.batch, self.epoch_steps, self.flops, self.recipe.epochs)
        self.plateaus = [
            torch.optim.lr_scheduler.ReduceLROnPlateau(o, factor=0.5, patience=5) for o in self.optimizers.values()
        ]
        for group in self._groups():
            group["initial_lr"] = group["lr"]
        self.state, self.best = State(), copy.deepcopy(self.module.state_dict())
        self.losses = torch.zeros((), dtype=torch.float64, device=self.device)  # sum since the last validation
        self.checkpoint = checkpoint
        self._permutation: tuple[int, Tensor] | None = None

    # ── one step ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _groups(self) -> list[dict[str, Any]]:
        return [group for optimizer in self.optimizers.values() for group in optimizer.param_groups]

    def _indices(self, step: int) -> Tensor:
        epoch, position = divmod(step, self.epoch_steps)
        if self._permutation is None or self._permutation[0] != epoch:
            order = torch.randperm(len(self.data), generator=generator(self.seed, "order", epoch))
            self._permutation = epoch, order.to(self.device)
        return self._permutation[1][position * self.batch : (position + 1) * self.batch]

    def _fraction(self) -> float:
        if self.total is None:
            return min(1.0, self.state.seconds / self.budget.amount)
        return self.state.step / self.total

    def _set_rate(self) -> None:
        if self.recipe.schedule == "plateau":
            return
        done = self._fraction()
        factor = 1.0
        if self.recipe.schedule == "cosine":
            factor = min(1.0, (done + 1e-3) / WARM_UP) * 0.5 * (1 + math.cos(math.pi * done))
        for group in self._groups():
            group["lr"] = group["initial_lr"] * max(factor, 1e-3)

    def step(self) -> Tensor:
        """One optimizer step each; returns the sum of the losses, not yet read from the device."""
        source = generator(self.seed, "step", self.state.step, device=self.device)
        torch.manual_seed(derive(self.seed, "module", self.state.step))  # dropout and the like
        batch = self.data.batch(self._indices(self.state.step), source, self.recipe.flip)
        return self._descend(self.module, batch, self.optimizers, update=True)

    def _descend(self, module: nn.Module, batch: Batch, optimizers: Mapping[str, Optimizer], update: bool) -> Tensor:
        total = torch.zeros((), device=self.device)
        for name, optimizer in optimizers.items():
            own = [p for group in optimizer.param_groups for p in group["params"]]
            with autocast(self.device):
                loss = self.model.training_step(module, batch, name)
            if not (isinstance(loss, Tensor) and loss.ndim == 0 and loss.requires_grad):
                raise TrialError(f"{self.model.name}: the training loss must be a scalar tensor with a gradient")
            optimizer.zero_grad(set_to_none=True)
            loss.backward(inputs=own)
            if self.recipe.clip is not None:
                nn.utils.clip_grad_norm_(own, self.recipe.clip)
            if update:
                optimizer.step()
            total += loss.detach().float()
        return total

    def count_flops(self) -> float:
        """Training FLOPs an image, forward and backward of all optimizers' steps, by `torch.utils.flop_counter`."""
        from torch.utils.flop_counter import FlopCounterMode

        flops.register()
        module = copy.deepcopy(self.module).train()
        n = min(2, len(self.data))
        batch = self.data.batch(torch.arange(n, device=self.device), generator(0, "flops", device=self.device), False)
        torch.manual_seed(0)
        with FlopCounterMode(display=False) as counter:
            self._descend(module, batch, self.model.configure_optimizers(module), update=False)
        return counter.get_total_flops() / n

    # ── the run ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def run(self) -> Trained:
        """Train to the end of the budget and return the weights that validated best. Raises TrialError."""
        self._restore()
        self.module.train()
        started, saved = time.monotonic() - self.state.seconds, time.monotonic()
        shown, reason = 0.0, ""
        while not reason:
            self._set_rate()
            self.losses += self.step()
            self.state.step += 1
            self.state.loss_count += 1
            now = time.monotonic()
            self.state.seconds = now - started
            reason = self._finished()
            if reason or self._validation_is_due():
                self._close_round()
                reason = reason or self._out_of_patience()
            if not reason and now - saved > CHECKPOINT_SECONDS:
                self._save()
                saved = time.monotonic()
            if reason or now - shown > 0.2:
                shown = now
                self.on_progress(self._progress(), self.state.history)
        self.module.load_state_dict(self.best)
        return Trained(self.module.eval(), self.state.history, self._facts(reason))

    def _finished(self) -> str:
        return "budget" if self._fraction() >= 1 else ""

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
        train_loss = float(self.losses) / state.loss_count
        if not math.isfinite(train_loss):
            raise TrialError(f"the training loss became {train_loss} by step {state.step}")
        loss, psnr = self._validate()
        self.losses.zero_()
        state.loss_count = 0
        state.stale += 1
        if loss < state.best_loss:
            state.best_loss, state.best_step, state.stale = loss, state.step, 0
            self.best = copy.deepcopy(self.module.state_dict())
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
        }
        state.history.append(row)
        if self.recipe.schedule == "plateau":
            for plateau in self.plateaus:
                plateau.step(loss)
        self.on_progress(self._progress(), self.state.history)

    @torch.no_grad()
    def _validate(self) -> tuple[float, float]:
        """Mean loss and PSNR over the validation split. Raises TrialError if the loss is not finite."""
        self.module.eval()
        loss, psnr, pairs = 0.0, 0.0, self.validation
        for start in range(0, len(pairs), VALIDATION_BATCH):
            batch = validation_batch(pairs, slice(start, start + VALIDATION_BATCH), self.device)
            side = batch.side(self.model)
            with autocast(self.device):
                restored = self.module(batch.degraded, **side)
                if restored.shape != batch.clean.shape:
                    raise TrialError(f"the model turned {tuple(batch.clean.shape)} into {tuple(restored.shape)}")
                value = float(self.model.loss(restored, batch))
            loss += value * len(batch.clean)
            psnr += psnr_of(restored.float().clamp(0, 1), batch.clean) * len(batch.clean)
        self.module.train()
        if not math.isfinite(loss):
            raise TrialError(f"the validation loss became {loss} by step {self.state.step}")
        return loss / len(pairs), psnr / len(pairs)

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
        }

    # ── checkpoints ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _save(self) -> None:
        tree = {
            "module": self.module.state_dict(),
            "best": self.best,
            "optimizers": {name: o.state_dict() for name, o in self.optimizers.items()},
            "plateaus": [p.state_dict() for p in self.plateaus],
            "losses": self.losses,
            "state": vars(self.state),
        }
        tensors, plan = pack(tree)
        save_tensors(self.checkpoint, tensors, {"plan": json.dumps(plan)})

    def _restore(self) -> None:
        if not self.checkpoint.exists():
            return
        from safetensors import safe_open

        with safe_open(self.checkpoint, "pt") as file:
            plan = json.loads(file.metadata()["plan"])
        tree = unpack(load_tensors(self.checkpoint), plan)
        self.module.load_state_dict(tree["module"])
        self.best = {name: tensor.to(self.device) for name, tensor in tree["best"].items()}
        for name, optimizer in self.optimizers.items():
            optimizer.load_state_dict(tree["optimizers"][name])
            _lay_out_like_parameters(optimizer)
        for plateau, saved in zip(self.plateaus, tree["plateaus"], strict=True):
            plateau.load_state_dict(saved)
        self.losses = tree["losses"].to(self.device)
        self.state = State(**tree["state"])


def _lay_out_like_parameters(optimizer: Optimizer) -> None:
    """Fused optimizers walk a parameter and its moments in memory order, which a checkpoint does not keep."""
    for parameter, state in optimizer.state.items():
        for name, value in state.items():
            if isinstance(value, Tensor) and value.shape == parameter.shape:
                state[name] = torch.empty_like(parameter, dtype=value.dtype).copy_(value)


def validation_batch(pairs: Pairs, rows: slice, device: torch.device) -> Batch:
    """Rows of a fixed degraded set as float images on the device."""

    def on_device(tensor: Tensor | None) -> Tensor | None:
        return None if tensor is None else tensor[rows].to(device)

    clean, degraded = (t[rows].to(device).float().div_(255) for t in (pairs.clean, pairs.degraded))
    truth = {name: t[rows].to(device) for name, t in pairs.truth.items()}
    return Batch(
        degraded.contiguous(memory_format=torch.channels_last),
        clean,
        on_device(pairs.region),
        on_device(pairs.face),
        truth,
    )
