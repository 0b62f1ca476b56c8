"""The data set behind a result, if it is here: in the cache, or a built-in one that can be made."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ...data.prepared import PreparedDataset, find_prepared, load, prepare
from ...errors import BenchbenchError, one_line
from ...files import cache_folder
from ...registry.registry import registry


def portraits(label: str, size: int, fingerprint: str) -> PreparedDataset | str:
    """The data set of that fingerprint, from the cache or prepared now; or why it cannot be had.

    Only a data set that its name alone describes is prepared: a result may come from a stranger, and its parameters
    could name any folder.
    """
    return _portraits(label, size, fingerprint, cache_folder())


@cache
def _portraits(label: str, size: int, fingerprint: str, folder: Path) -> PreparedDataset | str:
    found = find_prepared(fingerprint, folder)
    if found is not None:
        return load(found)
    if label not in registry().of("dataset"):
        return f"the data set {label} is not in the cache"
    try:
        made = load(prepare(registry().resolve("dataset", label), size, folder))
    except (BenchbenchError, OSError) as error:
        return f"the data set {label} cannot be had: {one_line(error)}"
    if made.fingerprint != fingerprint:
        return f"the data set {label} has the fingerprint {made.fingerprint} here at {size} px, not {fingerprint}"
    return made
