"""The state of a training, and its checkpoint: one safetensors file from which it goes on to the bit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from safetensors import SafetensorError
from torch import Tensor
from torch.optim import Optimizer

from ..contracts.optimizers import lay_out_like_parameters
from ..files import load_tree, save_tree
from .filmstrip import Frame

FORM = 4
"""Of a checkpoint's content: raise it with every change, and older ones are left aside."""


@dataclass
class State:
    """What changes during a training, besides its module and optimizers."""

    batch: int
    """Images in a step."""
    losses: Tensor
    """Sum of the training losses since the last validation."""
    loss_count: int = 0
    """Steps since the last validation."""
    step: int = 0
    seconds: float = 0.0
    best: dict[str, Tensor] = field(default_factory=dict)
    """By recipe: the weights that validated best."""
    best_loss: float = math.inf
    best_step: int = 0
    stale: int = 0
    """Validations since the best one."""
    history: list[dict[str, float]] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    rungs: list[dict[str, Any]] = field(default_factory=list)
    """See `trainer.Trained`."""


class Stateful(Protocol):
    """A module, an optimizer, a schedule: what gives and takes its state as torch has it."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state_dict: dict[str, Any], /) -> object: ...


def save(path: Path, state: State, parts: Mapping[str, Stateful]) -> None:
    """Write the checkpoint of a training atomically: its state, and that of its parts by their names."""
    values = vars(state) | {"frames": [vars(frame) for frame in state.frames]}
    save_tree(path, {"form": FORM, "state": values, "parts": {name: p.state_dict() for name, p in parts.items()}})


def restore(path: Path, parts: Mapping[str, Stateful]) -> State | None:
    """Give the parts their saved states and return that of the training; None without a whole one of this form."""
    try:
        tree = load_tree(path)
    except (OSError, ValueError, SafetensorError):
        return None
    if tree.get("form") != FORM:
        return None
    for name, part in parts.items():
        if name in tree["parts"]:  # whether gradients are watched may change between two runs
            part.load_state_dict(tree["parts"][name])
        if isinstance(part, Optimizer):
            lay_out_like_parameters(part)
    return State(**tree["state"] | {"frames": [Frame(**frame) for frame in tree["state"]["frames"]]})
