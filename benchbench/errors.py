"""The errors that a person can mend: the command line shows their text as one line and exits with 2."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class BenchbenchError(Exception):
    """Something the user or a plugin author can put right; its text says how."""


class SpecError(BenchbenchError):
    """A component, parameter or value that does not exist or is out of range."""


class DataError(BenchbenchError):
    """A data set that cannot be used."""


class PluginError(BenchbenchError):
    """A plugin that breaks a contract."""


class TrialError(BenchbenchError):
    """A trial that cannot give a score: a wrong shape, a value that is not finite, a loss that diverged."""


def one_line(error: BaseException, longest: int = 500) -> str:
    """An error's type and text as one line, such as `ValueError: no such file`."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:longest] if text else type(error).__name__


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint that names the words of `known` closest to `word`, or all of them if none is close."""
    known = sorted(known)
    close = difflib.get_close_matches(word, known, n=3, cutoff=0.5)
    if close:
        return "did you mean " + " or ".join(f"'{c}'" for c in close) + "?"
    return "known: " + ", ".join(known) if known else "none is registered"
