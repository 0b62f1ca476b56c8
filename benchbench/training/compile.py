"""Training steps compiled by `torch.compile`."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import nn


def compile_module(module: nn.Module, device: torch.device) -> None:
    """Have the module's calls compiled, forward and backward, from the first one on; it stays the module it is.

    Those of its parts, too, which some models call one by one; in a call of the whole they are no calls of their own.
    """
    for part in (module, *module.children()):
        part.compile(mode="reduce-overhead" if device.type == "cuda" else "default")


def eager(compiled: bool) -> AbstractContextManager[object]:
    """Where a compiled module runs as it is written: in eval mode, which would need a graph of its own."""
    return torch.compiler.set_stance("force_eager") if compiled else nullcontext()
