"""Results on disk: `<out>/<data set>/<degradation>/<model>/<key>/`, each folder whole or absent.

`result.json` is written last and holds the digests of the other files, so a half-written result cannot pass for one.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import structs

from ..errors import one_line
from ..files import MOST_JSON, file_digest, read_json, write_json
from . import scores
from .layout import PACKED as PACKED
from .layout import RESULT as RESULT
from .layout import files_in, result_file
from .parsing import parse, plain
from .record import FAILED, SCHEMA, Record

if TYPE_CHECKING:
    import pandas as pd

SCORES, HISTORY, WEIGHTS, SAMPLES, WORST, HISTOGRAMS, STRIP, PREDICTIONS, LOG = (
    "metrics.parquet",
    "history.csv",
    "model.safetensors",
    "samples.png",
    "worst.png",
    "histograms.png",
    "training.png",
    "predictions.safetensors",
    "log.txt",
)
FEW_SAMPLES = "samples.webp"  # of a published result: the first of them, small
SUMMED = (SCORES, HISTORY, WEIGHTS, SAMPLES, WORST, HISTOGRAMS, STRIP, PREDICTIONS, FEW_SAMPLES)
CHECKPOINT = "checkpoint.safetensors"  # what a larger budget goes on from; a result is whole without it
CHECKPOINTS = "checkpoint*.safetensors"  # while learning rates are tried, each has its own
GRADIENT = "gradient/"  # begins the columns of a history that hold the gradient's norm in a stage
WORK = ".partial"
RESTORED = "restored"  # the tensor in the file of predictions


class DamagedResult(ValueError):
    """A result folder whose files do not fit together; its text says what is wrong."""


@dataclass(frozen=True)
class Result:
    """A stored result: what its `result.json` holds, and the folder it lies in."""

    folder: Path
    record: Record
    rung: float | None = None
    """FLOPs of the rung at which it is looked at; None for the last, or where nothing was trained."""

    @property
    def status(self) -> str:
        """`scored`, `skipped` or `failed`."""
        return self.record.status

    @cached_property
    def tables(self) -> dict[float, pd.DataFrame]:
        """Rung -> the scores of each test image: rows are image ids, columns metrics. Raises DamagedResult."""
        try:
            found = scores.read(self.folder / SCORES)
        except ValueError as error:
            raise DamagedResult(str(error)) from error
        if list(found) != (self.rungs or [scores.NO_RUNG]):
            raise DamagedResult(f"{self.folder / SCORES} has other rungs than {RESULT}")
        return found

    @property
    def scores(self) -> pd.DataFrame:
        """The scores of each test image: rows are ids, columns metrics. Raises DamagedResult."""
        return self.tables[max(self.tables)] if self.rung is None else self.scores_at(self.rung)

    def scores_at(self, flops: float) -> pd.DataFrame:
        """The scores at a rung; those of a model that needs no training are the same at any. Raises KeyError."""
        return self.tables[scores.NO_RUNG if scores.NO_RUNG in self.tables else flops]

    @property
    def rungs(self) -> list[float]:
        """FLOPs of the rungs of its training, rising."""
        return [rung.flops for rung in self.record.rungs]

    def at(self, flops: float) -> Result:
        """Return the result as it stood at a rung: its scores, and what its training had taken. Raises KeyError."""
        if flops == self.rungs[-1]:
            return self
        rungs = {rung.flops: rung for rung in self.record.rungs}
        rung, training, time = rungs[flops], self.record.training, self.record.timing.training
        spent = structs.replace(
            training,
            flops=rung.images * training.flops_per_image if training.flops_per_image else rung.flops,
            steps=rung.steps,
            images=rung.images,
            epochs=round(training.epochs * rung.steps / training.steps, 4)
            if training.epochs and training.steps
            else None,
        )
        timing = structs.replace(self.record.timing, training=time and structs.replace(time, seconds=rung.seconds))
        scored = {"scores": rung.scores, "set_scores": rung.set_scores}
        record = structs.replace(self.record, **scored, training=spent, timing=timing)
        found = replace(self, record=record, rung=flops)
        vars(found)["tables"] = self.tables  # read once
        return found

    def keeps(self, predictions: bool) -> bool:
        """Whether the restored images are there, where they are wanted."""
        return not predictions or PREDICTIONS in self.record.files

    def has(self, metric: str, digest: str) -> bool:
        """Whether the metric was computed, or found unavailable, by this version of it; a failure does not count."""
        facts = self.record.metrics.get(metric)
        return facts is not None and facts.digest == digest and not str(facts.unavailable).startswith(FAILED)


def read(folder: Path) -> Result:
    """The result in a folder. Raises DamagedResult if it is incomplete, altered or of another schema."""
    path = result_file(folder)
    try:
        check_file(path, MOST_JSON)
        content = read_json(path)
    except (OSError, ValueError) as error:
        raise DamagedResult(f"{path} cannot be read: {error}") from error
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise DamagedResult(f"{path} is not of schema {SCHEMA}")
    try:
        record = parse(content)
    except (ValueError, RecursionError) as error:
        raise DamagedResult(f"{path} is damaged: {one_line(error)}") from error
    for name, expected in record.files.items():
        beside = folder / name
        if name not in SUMMED or not _is_own_file(beside) or file_digest(beside) != expected:
            raise DamagedResult(f"{beside} is missing or was altered since it was written")
    if record.status == "scored" and SCORES not in record.files:
        raise DamagedResult(f"{path} lists no {SCORES}")
    return Result(folder, record)


def whole_result(folder: Path) -> Result | None:
    """Return the result in a folder, if there is a whole one."""
    with suppress(DamagedResult):
        return read(folder)
    return None


def _is_own_file(path: Path) -> bool:
    """Whether it is a file: no link to somebody else's, and no pipe or device, which might never end."""
    return path.is_file() and not path.is_symlink()


def check_file(path: Path, largest: int) -> None:
    """Raises ValueError if there is something else than a file, or one of more bytes than `largest`."""
    if path.exists() and not _is_own_file(path):
        raise ValueError("it is no regular file")
    if (size := path.stat().st_size) > largest:
        raise ValueError(f"its {size:,} bytes are more than the {largest:,} that it may have")


def samples_file(folder: Path) -> Path:
    """Return where the samples of a folder are, or would be: all of them, or else the few of a published result."""
    return next((folder / name for name in (SAMPLES, FEW_SAMPLES) if (folder / name).is_file()), folder / SAMPLES)


def oldest_first(results: Iterable[Result]) -> list[Result]:
    """Results in the order in which they were finished: of several that claim one row of a board, the last counts."""
    return sorted(results, key=lambda r: (r.record.finished_at, r.record.key))


def find(out: Path) -> Iterator[tuple[Path, Result | DamagedResult]]:
    """Every result folder under `out`, in the order of their paths, with its result or what is wrong with it."""
    for path in files_in(out):
        if path.parent.name.endswith(WORK):
            continue
        try:
            result = read(path.parent)
        except DamagedResult as damage:
            yield path.parent, damage
            continue
        copied = DamagedResult(f"{path.parent} is a copy: its key is {result.record.key}")
        yield path.parent, result if result.record.key == path.parent.name else copied


def holds_results(out: Path) -> bool:
    """Return whether there are results under `out`, whole or damaged."""
    return bool(files_in(out))


def work_folder(final: Path) -> Path:
    """The folder in which a trial works until its result is whole."""
    return final.with_name(final.name + WORK)


def open_work(work: Path) -> Path:
    """The work folder, there and writable, for whoever has the trial's lock.

    A link that stands in its place is removed, never followed; and so is what a kill left of writing a file.
    """
    if work.is_symlink() or work.is_file():
        work.unlink()
    work.mkdir(parents=True, exist_ok=True)
    work.chmod(work.stat().st_mode | 0o700)
    for half_written in work.glob(".*"):
        if not half_written.is_dir():
            half_written.unlink()
    return work


def publish(work: Path, final: Path, record: Record, *, packed: bool = False) -> Result:
    """Write `result.json`, perhaps packed, with the digests of the files beside it; give the folder its final name."""
    files = {name: file_digest(work / name) for name in SUMMED if (work / name).is_file()}
    record = msgspec.structs.replace(record, files=files)
    write_json(work / (PACKED if packed else RESULT), plain(record))
    return _rename(work, final, record)


def publish_if_complete(work: Path, final: Path) -> Result | None:
    """If the work folder already holds a whole result, give it its final name; otherwise None."""
    try:
        return _rename(work, final, read(work).record)
    except DamagedResult:
        return None


def _rename(work: Path, final: Path, record: Record) -> Result:
    if final.is_symlink() or final.is_file():
        final.unlink()
    shutil.rmtree(final, ignore_errors=True)
    work.rename(final)
    return Result(final, record)
