"""Find the data set behind a result: in the cache, or a built-in one that can be prepared."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ...data.prepared import PreparedDataset, find_prepared, load, prepare
from ...errors import BenchbenchError, DataError, one_line
from ...files import cache_folder
from ...registry.registry import registry


def portraits(label: str, size: int, fingerprint: str) -> PreparedDataset:
    """Load the data set of that fingerprint from the cache, or prepare it. Raises DataError if it cannot be had.

    Only a data set that needs no parameters is prepared: those of a stranger's result could name any folder.
    """
    return _portraits(label, size, fingerprint, cache_folder())


@cache
def _portraits(label: str, size: int, fingerprint: str, folder: Path) -> PreparedDataset:
    if found := find_prepared(fingerprint, folder):
        return load(found)
    if label not in registry().of("dataset"):
        raise DataError(f"the data set {label} is not in the cache")
    try:
        made = load(prepare(registry().resolve("dataset", label), size, folder))
    except (BenchbenchError, OSError) as error:
        raise DataError(f"the data set {label} cannot be had: {one_line(error)}") from error
    if made.fingerprint != fingerprint:
        raise DataError(
            f"the data set {label} has the fingerprint {made.fingerprint} here at {size} px, not {fingerprint}"
        )
    return made
