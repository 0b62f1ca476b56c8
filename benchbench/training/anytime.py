"""Any-time training: a constant rate after a warm-up, judged by an average of the weights, at rungs.

Nothing of it depends on the budget but where it stops, so it can go on later as if it never had.
"""

from __future__ import annotations

from torch import Tensor, nn

from ..contracts.optimizers import warm_up_factor
from ..contracts.rungs import rungs_at, ticks_at
from .averaging import Average
from .checkpoint import Stateful
from .trainer import Trainer


class AnyTimeTrainer(Trainer):
    """A training that counts by its average, at each rung that it passes and at its end."""

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
        return warm_up_factor(self.state.step, self.step_flops)

    def stopped_by(self) -> str:
        return "budget" if self.fraction() >= 1 else ""

    def look(self) -> bool:
        if not ticks_at(self.state.step, self.step_flops):
            return False
        self.close_round()
        if rungs := rungs_at(self.state.step, self.step_flops):
            self.take_frame()
            self.take_rung(rungs, self.state.history[-1])
        return True

    def finish(self, reason: str) -> nn.Module:
        state = self.state
        if not state.history or state.history[-1]["step"] < state.step:
            self.close_round()
        if not state.rungs or state.rungs[-1]["steps"] < state.step:
            self.take_frame()
            self.take_rung([self.end()], state.history[-1])
        return self.judged

    def end(self) -> float:
        """FLOPs of the rung at the end: as the budget has it, where it was given in FLOPs."""
        as_asked = self.budget.kind == "flops" and self.state.step == self.total
        return self.budget.amount if as_asked else self.state.step * self.step_flops
