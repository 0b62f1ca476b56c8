"""Results from elsewhere, vetted and added: whole, or light, without what boards do not need."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ...evaluation.pictures import lighten
from ...files import write_atomically
from ...results import store
from ...results.store import DamagedResult, Result
from . import archive, claims
from .archive import Refused
from .vet import place, vet

LIGHT = (store.SCORES, store.HISTORY, store.SAMPLES)
SAMPLES_KEPT = 4


@dataclass(frozen=True)
class Verdict:
    """What became of one result, or of a path that gave none."""

    source: str
    verdict: Literal["added", "replaced", "known", "older", "refused"]
    reason: str
    """Why it was refused or left out; otherwise whether its scores were recomputed."""

    def __str__(self) -> str:
        return f"{self.verdict}: {self.source}: {self.reason}"


def merge(paths: Sequence[Path], into: Path, *, light: bool = True) -> Iterator[Verdict]:
    """Add the results in folders and archives to those under `into`; gives a verdict on each, as they come."""
    standing = {r.record.key: r for _, r in store.find(into) if isinstance(r, Result)}
    for path in paths:
        with tempfile.TemporaryDirectory(prefix="benchbench-") as scratch:
            try:
                folders = archive.find(path, Path(scratch))
            except (Refused, OSError) as error:
                yield Verdict(str(path), "refused", str(error))
                continue
            found = {folder: _read(folder) for folder in folders}
            results = [r for r in found.values() if isinstance(r, Result)]
            newest = {claims.row_of(r): r for r in store.oldest_first(results)}
            for folder, result in found.items():
                source = str(folder if path.is_dir() else path)
                if isinstance(result, str):
                    yield Verdict(source, "refused", result)
                elif newest[claims.row_of(result)] is not result:  # what an edit of a model leaves behind
                    yield Verdict(source, "older", "the newest result of a model and seed counts")
                else:
                    yield _merge_one(source, result, into, standing, light)


def _read(folder: Path) -> Result | str:
    """The result in a folder, or why it cannot be taken in."""
    try:
        return archive.read(folder)
    except (Refused, OSError) as error:
        return _one_line(error)


def _merge_one(source: str, result: Result, into: Path, standing: dict[str, Result], light: bool) -> Verdict:
    """Vet a result and add it; a source that is not its folder, as an archive, is told with its trial."""
    key, trial = result.record.key, result.record.trial
    try:
        others = [r for r in standing.values() if r.folder.resolve() != result.folder.resolve()]
        recomputed = vet(result, others)
        source += "" if source == str(result.folder) else f" ({trial.degradation} × {trial.model})"
        verdict = _against(result, standing.get(key))
        if verdict != "known":
            standing[key] = add(result, into, light=light)
    except (Refused, OSError) as error:
        return Verdict(source, "refused", _one_line(error))
    return Verdict(source, verdict, recomputed)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _against(result: Result, there: Result | None) -> Literal["added", "replaced", "known"]:
    """How a result stands to the one of its key that is there. Raises Refused if they contradict each other."""
    if there is None:
        return "added"
    mine, theirs = _scores(result), _scores(there)
    for name in sorted(mine.keys() & theirs.keys()):
        if mine[name] != theirs[name]:
            raise Refused(
                f"the result of its key that is here has {name[0]} {theirs[name]:.6g}, not {mine[name]:.6g}: "
                f"one trial, so one of them is wrong, or made on another kind of machine"
            )
    newer = result.record.finished_at > there.record.finished_at
    return "replaced" if newer and (mine, result.status) != (theirs, there.status) else "known"


def _scores(result: Result) -> dict[tuple[str, str], float]:
    """(column, digest of its metric) -> mean."""
    scores, metrics = result.record.scores, result.record.metrics
    return {(name, metrics[name.partition("@")[0]].digest): score.mean for name, score in scores.items()}


def add(result: Result, into: Path, *, light: bool) -> Result:
    """Copy a result to where it belongs under `into`, whole or absent; the sums fit what is left of it."""
    final = place(result, into)
    work = store.work_folder(final)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        for name in LIGHT if light else (*store.SUMMED, store.LOG):
            if (result.folder / name).is_file():
                shutil.copyfile(result.folder / name, work / name)
        if light:
            _lighten(result, work)
        return store.publish(work, final, result.record)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _lighten(result: Result, work: Path) -> None:
    if (work / store.SCORES).is_file():
        store.write_scores(work, store.read_scores(work))
    if (work / store.SAMPLES).is_file():
        keeps_frame = result.record.model.role == "baseline"
        try:
            picture = lighten(work / store.SAMPLES, result.record.trial.size, SAMPLES_KEPT, whole=keeps_frame)
        except (ValueError, OSError, DamagedResult) as error:
            raise Refused(f"{store.SAMPLES} cannot be used: {error}") from error
        write_atomically(work / store.SAMPLES, picture)
