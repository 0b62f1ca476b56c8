"""Training steps compiled by `torch.compile`, for those who ask for it.

A module compiled by TorchInductor has its pointwise work fused, and on a GPU its kernels are launched together as CUDA
graphs. Compiling takes a minute or so, and torch keeps what it made for the next module that is the same.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

import torch
from torch import nn


def compile_module(module: nn.Module, device: torch.device) -> None:
    """Have calls of the module compiled, forward and backward, from the first one on; it stays the module it is."""
    module.compile(mode="reduce-overhead" if device.type == "cuda" else "default")


def as_written() -> AbstractContextManager[object]:
    """Where modules run as they are written, compiled or not: in eval mode, which would need a graph of its own."""
    return torch.compiler.set_stance("force_eager")
