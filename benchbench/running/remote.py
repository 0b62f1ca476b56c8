"""A trial sent to another machine: what goes there, what is done there, and what comes back.

No file system is shared. That machine has a cache of its own, in which it makes the data set once, and it sends back
the bytes of the result's files, which are checked here before they are stored.
"""

from __future__ import annotations

import fnmatch
import os
import pickle
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .. import __version__
from ..contracts.component import Component
from ..contracts.dataset import Dataset
from ..contracts.digests import component_digest
from ..devices import check_compiler, check_device
from ..errors import BenchbenchError, DataError
from ..files import cache_folder, write_atomically
from ..processes import ChildProcess, Limits, tell_parent
from ..registry import sources
from ..results import store
from ..results.store import RESULT, DamagedResult
from ..results.trial import Trial, key_of
from . import worker
from .plan import RunRequest
from .progress import Progress, told
from .workspace import CHECKPOINTS, LOCKS, Workspace, lock_of, locked

PLUGINS = "plugins"
WHOLE = (RESULT, store.LOG, *store.SUMMED, CHECKPOINTS)


@dataclass(frozen=True)
class Work:
    """A trial with what another machine needs to find out whether it can do it: pickled here, and unpickled there."""

    trial: Trial
    dataset: Dataset
    digests: Sequence[str]
    """Of the sources of the trial's components, in the order of `components`."""
    device: str


@dataclass(frozen=True)
class RemoteTrial:
    """A trial in plain values and bytes: whoever carries it out need not have its components in his own process."""

    version: str
    """Of benchbench, where it was sent from; known before anything is unpacked."""
    key: str
    folder: str
    """Of the result, in any folder of results."""
    plugins: Mapping[str, bytes]
    """The plugins' files that were named, not installed; they must be in place before anything is unpacked."""
    blocked: str
    work: bytes
    """A pickled `Work`."""
    trial: bytes
    """Packed by `worker.pack`."""
    device: str
    threads: int
    limits: Limits
    files: Mapping[str, bytes]
    """Of the trial, stored already: file name -> bytes."""


@dataclass(frozen=True)
class RemoteResult:
    """The outcome of a remote trial."""

    refusal: str | None = None
    """The reason if that machine cannot do it, though others can."""
    reason: str | None = None
    """The reason if the trial's process did not return."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """A whole result, or without a result.json what a failure leaves behind."""


def prepare(trial: Trial, dataset: Dataset, request: RunRequest) -> RemoteTrial:
    """Pack a trial for another machine. Raises what pickling its components raises."""
    final = trial.folder(request.out)
    digests = [component_digest(part) for part in components(trial)]
    return RemoteTrial(
        version=__version__,
        key=trial.key,
        folder=str(trial.folder(Path())),
        plugins={path.name: path.read_bytes() for path in sources.files()},
        blocked=os.environ.get(sources.BLOCK, ""),
        work=pickle.dumps(Work(trial, dataset, digests, request.device)),
        trial=worker.pack(trial),
        device=request.device,
        threads=trial.threads,
        limits=request.limits,
        files=files_of(final) | files_of(store.work_folder(final), CHECKPOINTS),
    )


def components(trial: Trial) -> list[Component]:
    """Return the components that determine the trial's result and its scores."""
    return [*trial.metrics, trial.degradation, trial.model]


def carry_out(
    given: RemoteTrial, scratch: Path, hear: Callable[[Progress], object], cancelled: Callable[[], bool]
) -> RemoteResult:
    """Do the trial on this machine, in an empty folder. Raises Cancelled."""
    if given.version != __version__:
        return RemoteResult(f"it has benchbench {__version__}, and the run is of {given.version}")
    final, plugins, cache = scratch / "out" / given.folder, scratch / PLUGINS, cache_folder().absolute()
    _write(final, given.files)
    for name, source in given.plugins.items():
        write_atomically(plugins / Path(name).name, source)
    data: list[str] = []
    admission = ChildProcess(admit, plugins, given.blocked, given.work, cache)
    if refusal := admission.run(hear=data.append, cancelled=cancelled):
        return RemoteResult(refusal)
    workspace = Workspace(final, scratch / "lock", Path(data[-1]), cache, given.device, given.threads)

    def pass_on(text: str) -> None:
        if progress := told(given.key, text):
            hear(progress)

    child = ChildProcess(run, plugins, given.blocked, given.trial, workspace)
    reason = child.run(given.limits, pass_on, cancelled)
    found = files_of(final)
    if RESULT in found and found[RESULT] != given.files.get(RESULT):
        return RemoteResult(reason=reason, files=found)
    return RemoteResult(reason=reason, files=files_of(workspace.work, store.LOG, CHECKPOINTS))


def take_in(trial: Trial, out: Path, files: Mapping[str, bytes]) -> None:
    """Store what came back of a trial, whole or not at all. Raises DamagedResult, and Timeout if another run is at it.

    What a failure has left behind goes into the work folder, for whoever stores the failure.
    """
    final = trial.folder(out)
    with locked(lock_of(trial, out), blocking=False):
        work = store.open_work(store.work_folder(final))
        for old in [path for path in work.iterdir() if path.is_file()]:
            old.unlink()
        _write(work, files)
        if RESULT in files:
            record = store.read(work).record
            if not record.key == trial.key == key_of(record.trial, record.protocol.version):
                (work / RESULT).unlink()  # or the next who opens the folder would find it whole
                raise DamagedResult(f"{RESULT} is another trial's")
            store.publish_if_complete(work, final)


def files_of(folder: Path, *patterns: str) -> dict[str, bytes]:
    """Return the files of a result folder, or those of its files that the patterns name."""
    names = os.listdir(folder) if folder.is_dir() else []
    wanted = [name for name in names if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns or WHOLE)]
    return {name: (folder / name).read_bytes() for name in wanted}


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files of a result folder, `result.json` last. Raises DamagedResult for what does not belong there."""
    for name in sorted(files, key=lambda name: name == RESULT):
        if Path(name).name != name or not any(fnmatch.fnmatchcase(name, pattern) for pattern in WHOLE):
            raise DamagedResult(f"'{name}' does not belong into a result")
        write_atomically(folder / name, files[name])


# ── there, in a child process ────────────────────────────────────────────────────────────────────────────────────────


def admit(plugins: Path, blocked: str, packed: bytes, cache: Path) -> None:
    """Find out whether this machine can do the packed work, and tell where its data are. Raises what says why not."""
    use_plugins(plugins, blocked)
    work: Work = pickle.loads(packed)
    folder = have_data(work.dataset, work.trial.size, work.trial.fingerprint, cache)
    compare(work)
    tell_parent(str(folder))


def run(plugins: Path, blocked: str, packed: bytes, workspace: Workspace) -> None:
    """Do the packed trial with the run's plugins."""
    use_plugins(plugins, blocked)
    worker.run(workspace, packed)


def use_plugins(folder: Path, blocked: str) -> None:
    """Have the same plugins as the process that the trial came from."""
    os.environ[sources.BLOCK] = blocked
    os.environ[sources.FILES] = os.pathsep.join(map(str, sorted(folder.glob("*"))))
    sys.path.append(str(folder))


def have_data(dataset: Dataset, size: int, fingerprint: str, cache: Path) -> Path:
    """Return where the cache has the data set, made once a machine. Raises DataError if it is another one here."""
    from ..data import prepared

    with locked(cache / LOCKS / fingerprint):
        folder = prepared.find_prepared(fingerprint, cache) or prepared.prepare(dataset, size, cache)
    if (own := prepared.load(folder).fingerprint) != fingerprint:
        raise DataError(f"its data set {dataset.label} is another one: {own}, and the run's is {fingerprint}")
    return folder


def compare(work: Work) -> None:
    """Raise BenchbenchError if a component's source is not here what it is at the run, or what it needs is missing."""
    for part, wanted in zip(components(work.trial), work.digests, strict=True):
        if (own := component_digest(part)) != wanted:
            raise BenchbenchError(f"its source of {part} is another one: {own}, and the run's is {wanted}")
    check_device(work.device)
    if work.trial.compiled:
        check_compiler()
