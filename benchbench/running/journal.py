"""A run's journal: how it stands, in its folder, for whoever watches it from elsewhere."""

from __future__ import annotations

import os
import platform
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from ..files import write_atomically
from ..results import journal
from ..results.layout import slug
from ..results.record import Record
from ..results.trial import Trial
from .listeners import Listener

WRITE_SECONDS = 1.0


class Journal(Listener):
    """Writes how a run stands, at most once a second; the file goes when the run ends.

    One that cannot be written stops nothing.
    """

    def __init__(self, out: Path, trials: Sequence[Trial]) -> None:
        """`trials` are those that the run will do."""
        for _, path in journal.found(out, dead=True):
            path.unlink(missing_ok=True)
        self._path = out / journal.FOLDER / f"{slug(platform.node())}-{os.getpid()}.json"
        self._ended, self._at_work, self._written = Counter[str](), dict[str, dict[str, Any]](), 0.0
        self._run = {"host": platform.node(), "pid": os.getpid(), "began": _now(), "trials": len(trials)}

    def started(self, trial: Trial) -> None:
        self._at_work[trial.key] = {
            "model": str(trial.model) + (f" #{trial.seed}" if trial.seed else ""),
            "degradation": str(trial.degradation),
            "dataset": trial.dataset,
            "progress": {},
            "curve": [],
        }
        self._write()

    def progressed(self, trial: Trial, progress: dict[str, float]) -> None:
        self._at_work[trial.key]["progress"] = progress
        if time.monotonic() - self._written > WRITE_SECONDS:
            self._write()

    def validated(self, trial: Trial, row: dict[str, float]) -> None:
        if row.keys() >= {"flops", "validation_psnr"}:
            self._at_work[trial.key]["curve"].append((row["flops"] / 1e12, row["validation_psnr"]))

    def finished(self, trial: Trial, record: Record) -> None:
        self._at_work.pop(trial.key, None)
        self._ended[record.status] += 1
        self._write()

    def close(self) -> None:
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _write(self) -> None:
        self._written = time.monotonic()
        at_work = list(self._at_work.values())
        with suppress(OSError):  # results are what matters; where they cannot be written, the trial says so
            write_atomically(
                self._path, msgspec.json.encode({**self._run, "told": _now(), "ended": self._ended, "at_work": at_work})
            )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
