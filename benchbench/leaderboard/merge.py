"""Results from elsewhere, vetted and added: whole, or light, without what boards do not need."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from .. import store
from ..files import write_atomically
from ..samples import lighten
from ..store import DamagedResult, Result
from . import claims, incoming
from .incoming import Refused, check_files
from .vetting import place, vet

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
    standing = {r.content["key"]: r for _, r in store.find(into) if isinstance(r, Result)}
    for path in paths:
        with tempfile.TemporaryDirectory(prefix="benchbench-") as scratch:
            try:
                folders = incoming.find(path, Path(scratch))
            except (Refused, OSError) as error:
                yield Verdict(str(path), "refused", str(error))
                continue
            newest = _newest(folders)
            for folder in folders:
                if folder in newest:
                    yield _merge_one(folder, path, into, standing, light)
                else:
                    yield Verdict(str(folder), "older", "the newest result of a model and seed counts")


def _newest(folders: Sequence[Path]) -> set[Path]:
    """The folders but those of older results of a row: what an edit of a model leaves behind."""
    newest: dict[Any, tuple[str, Path]] = {}
    for folder in folders:
        try:
            check_files(folder)
            result = store.read(folder)
        except (Refused, DamagedResult):  # which gets its reason with the others
            newest[folder] = "", folder
            continue
        row, finished = claims.row_of(result), str(result.content.get("finished_at"))
        newest[row] = max(newest.get(row, ("", folder)), (finished, folder))
    return {folder for _, folder in newest.values()}


def _merge_one(folder: Path, path: Path, into: Path, standing: dict[str, Result], light: bool) -> Verdict:
    source = str(folder) if path.is_dir() else str(path)
    try:
        others = [r for r in standing.values() if r.folder.resolve() != folder.resolve()]
        result, recomputed = vet(folder, others)
        trial = result.content["trial"]
        source += "" if path.is_dir() else f" ({trial['degradation']} × {trial['model']})"
        verdict = _against(result, standing.get(result.content["key"]))
        if verdict != "known":
            standing[result.content["key"]] = add(result, into, light=light)
    except (Refused, OSError) as error:
        return Verdict(source, "refused", " ".join(str(error).split()))
    return Verdict(source, verdict, recomputed)


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
    newer = str(result.content.get("finished_at")) > str(there.content.get("finished_at"))
    return "replaced" if newer and (mine, result.status) != (theirs, there.status) else "known"


def _scores(result: Result) -> dict[tuple[str, str], float]:
    """(column, digest of its metric) -> mean."""
    scores, metrics = result.content.get("scores", {}), result.content.get("metrics", {})
    return {(name, metrics[name.partition("@")[0]]["digest"]): facts["mean"] for name, facts in scores.items()}


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
        return store.publish(work, final, dict(result.content))
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _lighten(result: Result, work: Path) -> None:
    if (work / store.SCORES).is_file():
        store.write_scores(work, store.read_scores(work))
    if (work / store.SAMPLES).is_file():
        keeps_frame = result.content["model"]["role"] == "baseline"
        try:
            picture = lighten(work / store.SAMPLES, result.content["trial"]["size"], SAMPLES_KEPT, whole=keeps_frame)
        except (ValueError, OSError, DamagedResult) as error:
            raise Refused(f"{store.SAMPLES} cannot be used: {error}") from error
        write_atomically(work / store.SAMPLES, picture)
