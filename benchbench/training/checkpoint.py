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
"""Of a checkpoint's content: raise it with every change that older ones do not fit, which are left aside then."""


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
    tuning: dict[str, Any] = field(default_factory=dict)
    """What `tuning.Choice` keeps of how the learning rates were chosen; empty before that, and without."""


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
    if (tree := _load(path)) is None:
        return None
    for name, part in parts.items():
        if name in tree["parts"]:  # whether gradients are watched may change between two runs
            part.load_state_dict(tree["parts"][name])
        if isinstance(part, Optimizer):
            lay_out_like_parameters(part)
    return State(**tree["state"] | {"frames": [Frame(**frame) for frame in tree["state"]["frames"]]})


def state_in(path: Path) -> dict[str, Any] | None:
    """Read the fields of a checkpoint's `State`, without its tensors; None without a whole one of this form."""
    tree = _load(path, plain=True)
    return tree and tree["state"]


def with_tuning(path: Path, into: Path, tuning: dict[str, Any]) -> None:
    """Write a checkpoint's copy whose `State.tuning` this is. Raises what `load_tree` raises."""
    tree = load_tree(path)
    save_tree(into, tree | {"state": tree["state"] | {"tuning": tuning}})


def _load(path: Path, *, plain: bool = False) -> dict[str, Any] | None:
    try:
        tree = load_tree(path, plain=plain)
    except (OSError, ValueError, SafetensorError):
        return None
    return tree if tree.get("form") == FORM else None
