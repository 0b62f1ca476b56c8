"""Errors that a person can mend, and one warning."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class BenchbenchError(Exception):
    """Something that the user or a plugin author can put right; its text says how.

    >>> from benchbench import BenchbenchError, Range
    >>> try:
    ...     Range(2, 1)
    ... except BenchbenchError as error:
    ...     print(error)
    low must not exceed high, and both must be finite
    """

    def _render_traceback_(self) -> list[str]:
        """Show the message alone in a notebook: IPython asks for it in place of a traceback."""
        return [f"{type(self).__name__}: {self}"]


class SpecError(BenchbenchError):
    """A component, parameter or value that does not exist or is out of range.

    >>> from benchbench import Recipe
    >>> Recipe(epochs=0)
    Traceback (most recent call last):
    benchbench.errors.SpecError: Recipe: epochs=0 is not legal: it must be an integer, at least 1
    """


class DataError(BenchbenchError):
    """A data set, or a photograph, that cannot be used.

    >>> from pathlib import Path
    >>> from benchbench.photos.files import read
    >>> read(Path("none.png"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    benchbench.errors.DataError: none.png cannot be read as an image: ...
    """


class PluginError(BenchbenchError):
    """A plugin that breaks a contract.

    >>> import torch
    >>> from benchbench import FaceEmbedder
    >>> FaceEmbedder("mine", "mine", "1.0", load=lambda: None)(torch.zeros(1, 3, 64, 64))
    Traceback (most recent call last):
    benchbench.errors.PluginError: benchbench_face_embedder of plugin mine gave None, not a function
    """


class TrialError(BenchbenchError):
    """A trial that cannot give a score: a wrong shape, a value that is not finite, a loss that diverged.

    >>> from benchbench.training.step import check_finite
    >>> check_finite(float("nan"), "training", step=100)
    Traceback (most recent call last):
    benchbench.errors.TrialError: the training loss became nan by step 100
    """


class DoubtWarning(UserWarning):
    """Warns of an image that does not look as if it suffered from what a model undoes; it is restored nevertheless.

    >>> import warnings
    >>> from benchbench import DoubtWarning
    >>> warnings.simplefilter("ignore", DoubtWarning)  # for one who knows better
    """


def one_line(error: BaseException, longest: int = 500) -> str:
    """Write an error's type and text as one line, such as `ValueError: no such file`."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:longest] if text else type(error).__name__


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Name the words of `known` that are closest to `word`, or all of them if none is close."""
    known = sorted(known)
    close = difflib.get_close_matches(word, known, n=3, cutoff=0.5)
    if close:
        return "did you mean " + " or ".join(f"'{c}'" for c in close) + "?"
    return "known: " + ", ".join(known) if known else "none is registered"
