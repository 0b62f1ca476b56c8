"""The standard output, which is for what the user asked for: a plugin that prints must not spoil a table or JSON."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress


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
