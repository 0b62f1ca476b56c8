"""How the runs stand that are at work on a folder of results, as each tells in a file of its own."""

from __future__ import annotations

import platform
from contextlib import suppress
from pathlib import Path

import msgspec
import psutil

FOLDER = ".journal"


class AtWork(msgspec.Struct, frozen=True, kw_only=True):
    """A trial at work: which, how far it is (as `training.progress` tells), and its validations so far."""

    model: str
    """Its label, and its seed but for 0."""
    degradation: str
    dataset: str
    progress: dict[str, float | None]
    """`fraction`, `images_per_second`, `seconds_left` and more; empty while nothing was told."""
    curve: list[tuple[float, float | None]]
    """TFLOP of training, and the validation PSNR after it in dB."""


class OngoingRun(msgspec.Struct, frozen=True, kw_only=True):
    """How a run stands, as it told last."""

    host: str
    pid: int
    began: str
    told: str
    """Times are ISO 8601, in UTC."""
    trials: int
    """How many the run began with."""
    ended: dict[str, int]
    """Status -> trials."""
    at_work: list[AtWork]

    @property
    def done(self) -> int:
        """How many trials have ended."""
        return sum(self.ended.values())


def ongoing_runs(out: Path) -> list[OngoingRun]:
    """Return how each run stands that is at work on results under `out`, the oldest first.

    >>> ongoing_runs(Path("nowhere"))
    []
    """
    return sorted((run for run, _ in found(out)), key=lambda run: run.began)


def found(out: Path, dead: bool = False) -> list[tuple[OngoingRun, Path]]:
    """Return runs with their files; those whose process is gone only where the dead ones are asked for."""
    known = []
    for path in sorted((out / FOLDER).glob("*.json")):
        with suppress(OSError, msgspec.MsgspecError):
            run = msgspec.json.decode(path.read_bytes(), type=OngoingRun)
            here = run.host == platform.node()
            if (here and not psutil.pid_exists(run.pid)) == dead:
                known.append((run, path))
    return known
