"""Versions of a model: trainings of one name by different code, or of another network, which never share a row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from msgspec.structs import replace

from .record import TrialFacts
from .store import Result, oldest_first

NOTHING: Mapping[str, str] = MappingProxyType({})


def row_of(result: Result) -> TrialFacts:
    """Return the facts that tell rows of boards apart: the trial's, without the model's code, seed and threads."""
    return replace(result.record.trial, model_digest="", threads=1, key="", seed=None)


def of_one_version(results: Iterable[Result], asked: Mapping[str, str] = NOTHING) -> list[Result]:
    """Leave out what other code made than that of a row's newest result, or than that asked for (model -> digest).

    Returns the oldest first.
    """
    ordered = oldest_first(results)
    version = {row_of(r): r.record.trial.model_digest for r in ordered}
    version |= {row_of(r): asked[t.model] for r in ordered if asked.get((t := r.record.trial).model) == t.model_digest}
    return [r for r in ordered if r.record.trial.model_digest == version[row_of(r)]]


def seeds_left_out(results: Sequence[Result], kept: Sequence[Result]) -> Iterator[str]:
    """Say of each row which seeds it lacks as they were trained by another version of the model."""
    there = {(row_of(r), r.record.trial.seed) for r in kept}
    lost: dict[TrialFacts, set[int]] = {}
    for result in results:
        seed = result.record.trial.seed
        if seed is not None and result.status == "scored" and (row_of(result), seed) not in there:
            lost.setdefault(row_of(result), set()).add(seed)
    for row, seeds in lost.items():
        which = f"{row.model} on {row.degradation}, seeds {', '.join(map(str, sorted(seeds)))}"
        yield f"{which}: trained by other code, or another network; run them again, or give it another name"
