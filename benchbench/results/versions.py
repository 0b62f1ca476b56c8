"""Versions of a model: trainings of one name by different code, or of another network, which never share a row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from msgspec.structs import replace

from .record import TrialFacts
from .store import Result, oldest_first

NOTHING: Mapping[str, str] = MappingProxyType({})


def row_of(result: Result) -> TrialFacts:
    """Return what tells rows of boards apart: the trial without threads, seed, and what the model's code says of it."""
    return replace(result.record.trial, model_digest="", threads=1, key="", seed=None, codec="", degrades=True)


def of_one_version(results: Iterable[Result], asked: Mapping[str, str] = NOTHING) -> list[Result]:
    """Keep one version of each model of a board: that asked for (model -> digest), or else the newest, failed or not.

    Returns the oldest first.
    """
    ordered = oldest_first(results)
    version = {r.record.trial.model: r.record.trial.model_digest for r in ordered}
    there = {(r.record.trial.model, r.record.trial.model_digest) for r in ordered}
    version |= {model: digest for model, digest in asked.items() if (model, digest) in there}
    return [r for r in ordered if r.record.trial.model_digest == version[r.record.trial.model]]


def newest(results: Iterable[Result]) -> list[Result]:
    """Keep the newest result per model and seed, in their order. A failure never replaces a score."""
    found: dict[tuple[str, int | None], Result] = {}
    for result in oldest_first(results):
        row = result.record.trial.model, result.record.trial.seed
        if not (row in found and found[row].status == "scored" and result.status == "failed"):
            found[row] = result
    return sorted(found.values(), key=lambda r: (r.record.trial.model, str(r.record.trial.seed)))
