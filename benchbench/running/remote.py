"""A trial sent to another machine: what goes there, what is done there, and what comes back.

No file system is shared. That machine has a cache of its own, in which it makes the data set once, and it sends back
the bytes of the result's files, which are checked here before they are stored.
"""

from __future__ import annotations

import fnmatch
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import __version__, processes
from ..contracts.component import Component
from ..contracts.dataset import Dataset
from ..contracts.digests import component_digest
from ..contracts.metric import Metric
from ..devices import check_device
from ..errors import BenchbenchError, DataError
from ..files import cache_folder, write_atomically
from ..processes import ChildProcess, Limits, step
from ..registry import sources
from ..results import store
from ..results.store import RESULT, DamagedResult
from ..results.trial import Trial, key_of
from . import worker
from .execute import CHECKPOINTS
from .executors import Cancelled, Progress, Settings, watch
from .worker import Workspace

DATA, PLUGINS = "data", "plugins"
WHOLE = (RESULT, store.LOG, *store.SUMMED, CHECKPOINTS)


@dataclass(frozen=True)
class RemoteTrial:
    """A trial in plain values and bytes: whoever carries it out need not have its components in his own process."""

    version: str
    """Of benchbench, where it was sent from; known before anything is unpacked."""
    key: str
    folder: str
    """Of the result, in any folder of results."""
    plugins: Mapping[str, bytes]
    """The plugins' files that were named, not installed."""
    blocked: str
    admission: tuple[bytes, ...]
    steps: tuple[bytes, ...]
    limits: Limits
    files: Mapping[str, bytes]
    """What is stored of the trial already."""


@dataclass(frozen=True)
class RemoteResult:
    """What came of an errand."""

    refusal: str | None = None
    """Why that machine cannot do it, though others can."""
    reason: str | None = None
    """Why the trial's process did not return."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """A whole result, or without a result.json what a failure leaves behind."""


def prepare(trial: Trial, dataset: Dataset, metrics: Sequence[Metric], settings: Settings) -> RemoteTrial:
    """The errand for a trial. Raises what pickling its components raises."""
    final = trial.folder(settings.out)
    digests = {str(metric): component_digest(metric) for metric in metrics}
    return RemoteTrial(
        version=__version__,
        key=trial.key,
        folder=str(trial.folder(Path())),
        plugins={path.name: path.read_bytes() for path in sources.files()},
        blocked=os.environ.get(sources.BLOCK, ""),
        admission=(
            step(have_data, dataset, trial.size, trial.fingerprint),
            step(compare, trial, trial.describe(), metrics, digests, settings.device),
        ),
        steps=worker.steps(trial, metrics, settings.device),
        limits=settings.limits,
        files=files_of(final) | files_of(store.work_folder(final), CHECKPOINTS),
    )


def carry_out(
    errand: RemoteTrial, scratch: Path, tell: Callable[[Progress], object], stopped: Callable[[], bool]
) -> RemoteResult:
    """Do the trial on this machine, in an empty folder. Raises Stopped."""
    if errand.version != __version__:
        return RemoteResult(f"it has benchbench {__version__}, and the run is of {errand.version}")
    final = scratch / "out" / errand.folder
    _write(final, errand.files)
    for name, source in errand.plugins.items():
        write_atomically(scratch / PLUGINS / Path(name).name, source)
    use = step(use_plugins, scratch / PLUGINS, sorted(errand.plugins), errand.blocked)
    place = Workspace(final, scratch / "lock", scratch / DATA, cache_folder().absolute())

    def look() -> None:
        if stopped():
            raise Cancelled

    if refusal := processes.outcome(ChildProcess(step(admit, place, use, *errand.admission)), look):
        return RemoteResult(refusal)
    place = Workspace(final, place.lock, Path(place.data.read_text()), place.cache)
    reason = watch(errand.key, place, (use, *errand.steps), errand.limits, tell, stopped)
    found = files_of(final)
    if RESULT in found and found[RESULT] != errand.files.get(RESULT):
        return RemoteResult(reason=reason, files=found)
    return RemoteResult(reason=reason, files=files_of(store.work_folder(final), store.LOG, CHECKPOINTS))


def take_in(trial: Trial, out: Path, files: Mapping[str, bytes]) -> None:
    """Store what came back of a trial, whole or not at all. Raises DamagedResult, and Timeout if another run is at it.

    What a failure has left behind goes into the work folder, for whoever stores the failure.
    """
    final = trial.folder(out)
    with worker.locked(worker.lock_of(trial, out), blocking=False):
        work = store.open_work(store.work_folder(final))
        for old in [path for path in work.iterdir() if path.is_file()]:
            old.unlink()
        _write(work, files)
        if RESULT in files:
            content = store.read(work).content
            if not content["key"] == trial.key == key_of(content["trial"], content["protocol"]["version"]):
                (work / RESULT).unlink()  # or the next who opens the folder would find it whole
                raise DamagedResult(f"{RESULT} is another trial's")
            store.publish_if_complete(work, final)


def files_of(folder: Path, *patterns: str) -> dict[str, bytes]:
    """The files of a result folder, or those of its files that the patterns name."""
    names = os.listdir(folder) if folder.is_dir() else []
    wanted = [name for name in names if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns or WHOLE)]
    return {name: (folder / name).read_bytes() for name in wanted}


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files of a result folder, `result.json` last. Raises DamagedResult for what does not belong there."""
    for name in sorted(files, key=lambda name: name == RESULT):
        if Path(name).name != name or not any(fnmatch.fnmatchcase(name, pattern) for pattern in WHOLE):
            raise DamagedResult(f"'{name}' does not belong into a result")
        write_atomically(folder / name, files[name])


# ── there, in a process of its own ───────────────────────────────────────────────────────────────────────────────────


def admit(place: Workspace, *steps: bytes) -> None:
    """Find out whether this machine can do the trial. Raises, if it cannot, what says why."""
    for packed in steps:
        processes.do(packed, place)


def use_plugins(folder: Path, names: Sequence[str], blocked: str, place: Workspace) -> None:
    """Have the same plugins as the process that the errand came from."""
    os.environ[sources.BLOCK] = blocked
    os.environ[sources.FILES] = os.pathsep.join(str(folder / name) for name in names)
    sys.path.append(str(folder))


def have_data(dataset: Dataset, size: int, fingerprint: str, place: Workspace) -> None:
    """Have the data set in the cache, made once a machine. Raises DataError if it is another one here."""
    from ..data import prepared

    with worker.locked(place.cache / worker.LOCKS / fingerprint):
        folder = prepared.find_prepared(fingerprint, place.cache) or prepared.prepare(dataset, size, place.cache)
    if (own := prepared.load(folder).fingerprint) != fingerprint:
        raise DataError(f"its data set {dataset.label} is another one: {own}, and the run's is {fingerprint}")
    write_atomically(place.data, str(folder))


def compare(
    trial: Trial,
    described: Mapping[str, Any],
    metrics: Sequence[Metric],
    digests: Mapping[str, str],
    device: str,
    place: Workspace,
) -> None:
    """Raises BenchbenchError if a component's source is not here what it is at the run, or what it needs is missing."""
    from ..devices import check_compiler

    parts: list[tuple[Component, str]] = [(metric, digests[str(metric)]) for metric in metrics]
    parts += [(trial.degradation, described["degradation_digest"]), (trial.model, described["model_digest"])]
    for part, wanted in parts:
        if (own := component_digest(part)) != wanted:
            raise BenchbenchError(f"its source of {part} is another one: {own}, and the run's is {wanted}")
    check_device(device)
    if trial.compiled:
        check_compiler()
