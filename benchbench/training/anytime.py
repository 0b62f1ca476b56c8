"""Any-time training: a constant rate after a warm-up, judged by an average of the weights, at rungs.

Nothing of it depends on the budget but where it stops, so it can go on later as if it never had.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from ..contracts.optimizers import warm_up_factor
from ..contracts.rungs import rungs_at
from .averaging import Average
from .checkpoint import Stateful
from .compile import eager
from .trainer import Trainer

KEPT = "weights"


def keep_weights(module: nn.Module) -> Mapping[str, Any]:
    """Score nothing yet: a training that goes on with an `on_rung` of its own has these weights scored then."""
    return {KEPT: {name: value.clone() for name, value in module.state_dict().items()}}


class AnyTimeTrainer(Trainer):
    """A training that counts by its average, at each rung that it passes and at its end."""

    times = 1.0
    """The factor of all learning rates, besides that of the warm-up."""
    pause: float | None = None
    """FLOPs after which it stops where the budget goes further."""

    def make_judged(self) -> nn.Module:
        self.average = Average(self.module)
        return self.average.module

    def _parts(self) -> dict[str, Stateful]:
        return super()._parts() | {"average": self.average.module}

    def step(self) -> Tensor:
        loss = super().step()
        self.average.update(self.module, self.state.step)
        return loss

    def rate(self) -> float:
        return self.times * warm_up_factor(self.state.step, self.step_flops)

    @property
    def pause_step(self) -> int | None:
        """The step after which it pauses; None where that is at the budget's end alone."""
        return max(1, round(self.pause / self.step_flops)) if self.pause and self.step_flops else None

    def stopped_by(self) -> str:
        if self.pause_step is not None and self.state.step >= self.pause_step:
            return "pause"
        return "budget" if self.fraction() >= 1 else ""

    def look(self) -> bool:
        rungs = rungs_at(self.state.step, self.step_flops)
        if rungs:
            self.close_round()
            self.take_frame()
            self.take_rung(rungs, self.state.history[-1])
        return bool(rungs)

    def take_rung(self, flops: Sequence[float], row: Mapping[str, float]) -> None:
        self._score_kept()
        super().take_rung(flops, row)

    def finish(self, reason: str) -> nn.Module:
        state = self.state
        if not state.history or state.history[-1]["step"] < state.step:
            self.close_round()
        if not state.rungs or state.rungs[-1]["steps"] < state.step:
            self.take_frame()
            self.take_rung([self.end()], state.history[-1])
        self._score_kept()
        return self.judged

    def _score_kept(self) -> None:
        """Have the rungs scored of which there are but weights, see `keep_weights`."""
        for rung in self.state.rungs if self.on_rung is not keep_weights else ():
            if weights := rung["scored"].get(KEPT):
                module = copy.deepcopy(self.judged)
                module.load_state_dict(weights)
                with self.clock.stopped(), eager(self.compiled):
                    rung["scored"] = dict(self.on_rung(module))

    def end(self) -> float:
        """FLOPs of the rung at the end: as the budget has it, where it was given in FLOPs."""
        as_asked = self.budget.kind == "flops" and self.state.step == self.total
        return self.budget.amount if as_asked else self.state.step * self.step_flops
