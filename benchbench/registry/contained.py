"""What a plugin must not spoil for all others: the standard output, and the state of the process that imports it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress

import torch


@contextmanager
def stdout_to_stderr() -> Iterator[None]:
    """Send to the standard error what Python, an extension or a program that it starts prints meanwhile.

    >>> import sys
    >>> with stdout_to_stderr():
    ...     print("a plugin says hello")
    """
    kept = None
    with suppress(OSError, AttributeError, ValueError):  # there may be no standard output
        sys.stdout.flush()
        kept = os.dup(1)
        os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        if kept is not None:
            os.dup2(kept, 1)
            os.close(kept)


@contextmanager
def unchanged_process() -> Iterator[None]:
    """Undo what imports change for the whole process: folder, warnings, torch's default type and gradients, Ctrl-C.

    >>> import torch
    >>> with unchanged_process():
    ...     torch.set_default_dtype(torch.float64)
    >>> torch.get_default_dtype()
    torch.float32
    """
    folder = None
    with suppress(FileNotFoundError):  # it may have been removed
        folder = os.getcwd()
    dtype, handler = torch.get_default_dtype(), signal.getsignal(signal.SIGINT)
    with warnings.catch_warnings(), torch.set_grad_enabled(torch.is_grad_enabled()):
        try:
            yield
        finally:
            torch.set_default_dtype(dtype)
            if folder:
                os.chdir(folder)
            if handler is not None and threading.current_thread() is threading.main_thread():  # no other may
                signal.signal(signal.SIGINT, handler)
