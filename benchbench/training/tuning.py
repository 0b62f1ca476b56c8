"""Learning rates by one rule: every model is tried at several factors of its own, and what validates best goes on."""

from __future__ import annotations

import math
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from ..contracts.rungs import FACTORS, tuning_rung
from ..devices import free_memory, is_out_of_memory
from ..errors import TrialError
from ..results import store
from ..results.record import Tried, Tuning
from .anytime import keep_weights
from .checkpoint import state_in, with_tuning
from .trainer import OnProgress, Trainer


@dataclass(frozen=True)
class Attempt:
    """A training at a factor of the recipe's learning rates, as far as it was tried."""

    factor: float
    psnr: float
    """Of the average's validation at its end; NaN where it failed."""
    flops: float
    seconds: float
    is_whole: bool
    """Whether it went as far as rates are tried; False where its budget ended before."""
    error: Exception | None = None


@dataclass(frozen=True)
class Choice:
    """The learning rates that a training goes on with."""

    tuning: Tuning
    seconds: float
    """Of the trainings that lost."""
    is_final: bool = True
    """False where a larger budget tries the rates further, and may choose another."""

    def keep(self, tried: Path, checkpoint: Path) -> None:
        """Write the checkpoint to go on from, out of that of the training that won."""
        with_tuning(tried, checkpoint, {"tuning": msgspec.to_builtins(self.tuning), "seconds": self.seconds})

    @classmethod
    def of(cls, kept: dict[str, Any]) -> Choice:
        """Return what `keep` wrote, as `State.tuning` has it."""
        return cls(msgspec.convert(kept["tuning"], Tuning), kept["seconds"])


def choose(attempts: Sequence[Attempt]) -> Choice:
    """Choose what validated best; of equals the first. Raises the first attempt's error if none has a finite PSNR."""
    finite = [attempt for attempt in attempts if math.isfinite(attempt.psnr)]
    if not finite:
        raise attempts[0].error or TrialError("it validated by no finite PSNR at any learning rate")
    best = max(finite, key=lambda attempt: attempt.psnr)
    lost = [attempt for attempt in attempts if attempt is not best]
    tried = [Tried(factor=a.factor, validation_psnr=a.psnr if a in finite else None) for a in attempts]
    tuning = Tuning(factor=best.factor, tried=tried, flops=sum(a.flops for a in lost))
    return Choice(tuning, round(sum(a.seconds for a in lost), 3), best.is_whole)


@dataclass(frozen=True)
class Tuner:
    """Tries the learning rates of a training, each from a checkpoint of its own, and is as soon done if it has."""

    make: Callable[[float, float], Trainer]
    """Makes the trainer at a factor of the recipe's learning rates, which pauses after so many FLOPs."""
    report: Callable[[Trainer, int], OnProgress]
    """Makes what hears of its progress; the number says how many were tried before."""
    work: Path
    """The folder in which the trial works."""

    def choose(self) -> tuple[Choice, Path]:
        """Return the choice, and the checkpoint to go on from, which is the trial's where the choice is final.

        Raises what training raises for want of memory, or at every rate.
        """
        checkpoint = self.work / store.CHECKPOINT
        if known := (state_in(checkpoint) or {}).get("tuning"):
            choice = Choice.of(known)
        else:
            choice = choose([self._attempt(factor, number) for number, factor in enumerate(FACTORS)])
            if not choice.is_final:
                return choice, self._checkpoint(choice.tuning.factor)
            choice.keep(self._checkpoint(choice.tuning.factor), checkpoint)
        for factor in FACTORS:
            self._checkpoint(factor).unlink(missing_ok=True)
        return choice, checkpoint

    def _checkpoint(self, factor: float) -> Path:
        return self.work / store.CHECKPOINTS.replace("*", f"-{factor:.3g}")

    def _attempt(self, factor: float, number: int) -> Attempt:
        """Train at this factor, without scores. What a model raises there is printed, and makes the factor lose."""
        trainer, psnr, failed = self.make(factor, tuning_rung()), math.nan, None
        try:
            trained = trainer.run(self._checkpoint(factor), self.report(trainer, number), keep_weights)
            psnr = trained.rungs[-1]["validation_psnr"]
        except Exception as error:
            if is_out_of_memory(error):
                raise
            print(f"at {factor:.3g} times its learning rates:")
            traceback.print_exc()
            failed = error.with_traceback(None)  # it would keep the tensors alive
        state, is_whole = trainer.state, trainer.stopped_by() == "pause"
        attempt = Attempt(factor, psnr, state.step * trainer.step_flops, state.seconds, is_whole, failed)
        device, compiled = trainer.device, trainer.compiled
        del trainer
        if compiled or device.type == "cuda":
            free_memory(device)
        return attempt
