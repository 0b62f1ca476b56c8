"""Modules compiled by `torch.compile` while they are trained, for those who ask for it.

TorchInductor fuses the pointwise work of a module, and on a GPU launches its kernels together, as CUDA graphs.
Compiling takes a minute or so, and torch keeps what it made for the next module that is the same.
"""

from __future__ import annotations

import os
import shutil
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import nn

from .errors import SpecError

COMPILERS = ("c++", "g++", "clang++", "cl")


def compile_module(module: nn.Module, device: torch.device) -> None:
    """Have the module's calls compiled, forward and backward, from the first one on; it stays the module it is.

    Those of its parts, too, which some models call one by one; in a call of the whole they are no calls of their own.
    """
    for part in (module, *module.children()):
        part.compile(mode="reduce-overhead" if device.type == "cuda" else "default")


def as_written(compiled: bool) -> AbstractContextManager[object]:
    """Where a compiled module runs as it is written: in eval mode, which would need a graph of its own."""
    return torch.compiler.set_stance("force_eager") if compiled else nullcontext()


def check_compiler() -> None:
    """Raises SpecError if nothing is there that compiles what TorchInductor writes."""
    named = os.environ.get("CXX")
    if not any(map(shutil.which, [named] if named else COMPILERS)):
        raise SpecError(
            f"--compile needs a C++ compiler, and {named or 'g++'} is not there: install one, or leave it out"
        )
