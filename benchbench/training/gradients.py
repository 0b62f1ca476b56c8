"""How strongly the loss pulls at each stage of a model, so that vanishing and exploding gradients can be seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ..results.store import GRADIENT


def stages(module: nn.Module, optimizers: Mapping[str, Optimizer]) -> dict[str, dict[str, list[Tensor]]]:
    """Group parameters: optimizer -> stage -> its parameters.

    The stages of an optimizer are the children, by dotted names, of the smallest submodule that holds all of its
    parameters, so that wrappers are looked through. Where there is no child, the optimizer is the stage.
    """
    paths = {id(p): name.split(".")[:-1] for name, p in module.named_parameters()}
    found: dict[str, dict[str, list[Tensor]]] = {}
    for name, optimizer in optimizers.items():
        own = [p for group in optimizer.param_groups for p in group["params"]]
        shared = _shared([paths.get(id(p), []) for p in own])
        found[name] = {}
        for parameter in own:
            stage = ".".join(paths.get(id(parameter), [])[: shared + 1]) or name
            found[name].setdefault(stage, []).append(parameter)
    return found


def _shared(paths: Sequence[Sequence[str]]) -> int:
    """Count the names that all paths begin with."""
    levels = enumerate(zip(*paths, strict=False))
    return next((depth for depth, names in levels if len(set(names)) > 1), min(map(len, paths)))


class GradientWatch:
    """The mean, over the steps since it was last read, of the L2 norm of each stage's gradient before clipping."""

    def __init__(self, module: nn.Module, optimizers: Mapping[str, Optimizer]) -> None:
        self.stages = stages(module, optimizers)
        device = next(module.parameters()).device
        self.sums = {name: torch.zeros(len(own), device=device) for name, own in self.stages.items()}
        self.counts = dict.fromkeys(self.stages, 0)

    def __call__(self, optimizer: str) -> None:
        """Add the norms of the gradients that this optimizer's parameters have now."""
        self.sums[optimizer] += torch.stack([_norm(p) for p in self.stages[optimizer].values()])
        self.counts[optimizer] += 1

    def names(self) -> list[str]:
        """List the stages in the order of the columns."""
        return [stage for own in self.stages.values() for stage in own]

    def read(self) -> dict[str, float]:
        """Return column -> mean norm, and start the next mean."""
        means = [v for name, sums in self.sums.items() for v in (sums / self.counts[name]).tolist()]
        for name, sums in self.sums.items():
            sums.zero_()
            self.counts[name] = 0
        return {GRADIENT + stage: mean for stage, mean in zip(self.names(), means, strict=True)}

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint keeps."""
        return {"sums": self.sums, "counts": self.counts}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`."""
        self.counts = dict(state["counts"])
        self.sums = {name: sums.to(self.sums[name].device) for name, sums in state["sums"].items()}


def _norm(parameters: list[Tensor]) -> Tensor:
    norms = [torch.linalg.vector_norm(p.grad, dtype=torch.float32) for p in parameters if p.grad is not None]
    return torch.linalg.vector_norm(torch.stack(norms)) if norms else torch.zeros((), device=parameters[0].device)
