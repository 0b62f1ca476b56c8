"""Check results from elsewhere and add them: whole, or light, without the files that boards do not need."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ...results import store
from ...results.layout import folder_of
from ...results.record import TrialFacts
from ...results.scores import metric_of
from ...results.store import Result
from ...results.versions import newest, of_one_version, row_of
from ..votes import FOLDER
from . import archive
from .archive import Refused
from .ballots import Pictures, add_ballot, pictures_of
from .light import keep, seed_text
from .vet import vet


@dataclass(frozen=True)
class Verdict:
    """What became of one result, of a file of votes, or of a path that holds neither."""

    source: str
    verdict: Literal["added", "replaced", "known", "older", "refused"]
    reason: str
    """Why it was refused or left out; otherwise whether its scores were recomputed."""

    def __str__(self) -> str:
        return f"{self.verdict}: {self.source}: {self.reason}"


def merge(paths: Sequence[Path], into: Path, *, light: bool = True, with_votes: bool = True) -> Iterator[Verdict]:
    """Add results in folders and archives, and votes (.json), to those under `into`; yields a verdict on each.

    A folder may hold votes, too, or nothing else; without `with_votes` they are left there. They come last, as they
    are on pictures of results.
    """
    standing = {r.record.key: r for _, r in store.find(into) if isinstance(r, Result)}
    votes = {path: _votes_in(path) if with_votes else [] for path in paths}
    for path in (path for path in paths if votes[path] != [path]):
        with tempfile.TemporaryDirectory(prefix="benchbench-") as scratch:
            try:
                folders = archive.find(path, Path(scratch))
            except (Refused, OSError) as error:
                if isinstance(error, OSError) or not votes[path]:
                    yield Verdict(str(path), "refused", str(error))
                continue
            results = []
            for folder in folders:
                try:
                    results.append(archive.read(folder))
                except (Refused, OSError) as error:
                    yield Verdict(str(folder if path.is_dir() else path), "refused", str(error))
            counting = {result.folder for result in _counting(results)}
            for result in sorted(results, key=seed_text):  # the first that is accepted keeps its samples
                source = str(result.folder if path.is_dir() else path)
                if result.folder not in counting:  # what an edit of a model leaves behind
                    yield Verdict(source, "older", "the newest version of a model counts, of each seed the newest")
                else:
                    yield _merge_one(source, result, into, standing, light)
    known = pictures_of(into) if any(votes.values()) else []
    for path in (path for found in votes.values() for path in found):
        yield _merge_votes(path, into, known)


def _counting(results: Sequence[Result]) -> Iterator[Result]:
    """Yield the newest of each seed, of one version of each row's model."""
    rows: dict[TrialFacts, list[Result]] = {}
    for result in results:
        rows.setdefault(row_of(result), []).append(result)
    for members in rows.values():
        yield from newest(of_one_version(members))


def _votes_in(path: Path) -> list[Path]:
    """Return the files of votes that a path is, or that it holds: itself, as a folder of votes, or in one."""
    folders = [path, path / FOLDER] if path.resolve().name == FOLDER else [path / FOLDER]
    found = (path, *sorted(file for folder in folders for file in folder.glob("*.json")))
    return [file for file in found if file.suffix == ".json" and not file.is_dir()]


def _merge_votes(path: Path, into: Path, known: Pictures) -> Verdict:
    try:
        return Verdict(str(path), *add_ballot(path, into, known))
    except (Refused, OSError) as error:
        return Verdict(str(path), "refused", str(error))


def _merge_one(source: str, result: Result, into: Path, standing: dict[str, Result], light: bool) -> Verdict:
    """Check a result, and add it to `into` and `standing`. Many come from one archive, so its trial is named too."""
    key, trial = result.record.key, result.record.trial
    try:
        recomputed = vet(result, [r for r in standing.values() if r.folder.resolve() != result.folder.resolve()])
        source += "" if source == str(result.folder) else f" ({trial.degradation} × {trial.model})"
        verdict = _against(result, standing.get(key))
        if verdict != "known":
            standing[key] = _add(result, into, standing.values(), light)
    except (Refused, OSError) as error:
        return Verdict(source, "refused", str(error))
    return Verdict(source, verdict, recomputed)


def _against(result: Result, there: Result | None) -> Literal["added", "replaced", "known"]:
    """Compare a result with that of the same trial, if there is one. Raises Refused if their scores differ."""
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
    """Return (column, digest of its metric) -> mean."""
    scores, metrics = result.record.scores, result.record.metrics
    found = {(name, metrics[metric_of(name)].digest): score.mean for name, score in scores.items()}
    return found | {(n, metrics[n].digest): score.value for n, score in result.record.set_scores.items()}


def _add(result: Result, into: Path, standing: Iterable[Result], light: bool) -> Result:
    """Copy a result to the folder under `into` that its trial names, or what is kept of it; whole or not at all."""
    trial = result.record.trial
    final = folder_of(into, (trial.dataset, trial.degradation, trial.model), result.record.key)
    work = store.work_folder(final)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        if light:
            return store.publish(work, final, keep(result, work, standing), packed=True)
        for name in (*store.SUMMED, store.LOG):
            if (result.folder / name).is_file():
                shutil.copyfile(result.folder / name, work / name)
        return store.publish(work, final, result.record)
    finally:
        shutil.rmtree(work, ignore_errors=True)
