"""Training steps compiled by `torch.compile`."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import nn


def compile_module(module: nn.Module, device: torch.device) -> None:
    """Compile the calls of a module, forward and backward, and of its children, which some models call one by one.

    In a call of the whole, the children's are no calls of their own. The module stays the object that it is.
    """
    for part in (module, *module.children()):
        part.compile(mode="reduce-overhead" if device.type == "cuda" else "default")


def eager(compiled: bool) -> AbstractContextManager[object]:
    """Run a compiled module as it is written: eval mode would need a graph of its own."""
    return torch.compiler.set_stance("force_eager") if compiled else nullcontext()
