"""Modules of models: built from a seed, or loaded with the weights that a result's folder holds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from ..contracts.model import Model, Task
from ..contracts.seeding import derive
from ..errors import TrialError
from ..files import load_tensors
from ..results import store


def build_module(model: Model, task: Task, seed: int | None) -> nn.Module:
    """Build the model's module, its first weights drawn from the seed. Raises TrialError for what is no module."""
    torch.manual_seed(derive(seed, "weights"))
    module = model.build(task)
    if not isinstance(module, nn.Module):
        raise TrialError(f"{model.name}.build must return a torch.nn.Module, not {type(module).__name__}")
    return module


def load_module(model: Model, task: Task, seed: int | None, folder: Path) -> nn.Module:
    """Build the module and load the weights in a folder, as `with_weights`. Raises OSError, too, where they lack."""
    return with_weights(model, task, seed, load_tensors(folder / store.WEIGHTS))


def with_weights(model: Model, task: Task, seed: int | None, weights: Mapping[str, Tensor]) -> nn.Module:
    """Build the module and copy weights into it: on the CPU, in eval mode, laid out as training leaves it.

    Raises RuntimeError for weights that do not fit.
    """
    module = build_module(model, task, seed).eval()
    module.load_state_dict(weights)
    if model.recipe is not None:
        module.to(memory_format=torch.channels_last)
    return module
