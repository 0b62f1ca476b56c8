"""A trial sent to another machine: what goes there, what is done there, and what comes back.

No file system is shared. That machine has a cache of its own, in which it makes the data set once, and it sends back
the bytes of the result's files, which are checked here before they are stored.
"""

from __future__ import annotations

import fnmatch
import os
import pickle
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import cloudpickle

from .. import __version__
from ..contracts.dataset import Dataset
from ..contracts.digests import component_digest, sources_of
from ..devices import check_compiler, check_device
from ..errors import BenchbenchError, DataError
from ..files import cache_folder, write_atomically
from ..processes import ChildProcess, Limits, tell_parent
from ..registry import sources
from ..results import store
from ..results.store import RESULT, DamagedResult
from ..results.trial import Trial, key_of
from . import worker
from .progress import Progress, pass_on
from .request import RunRequest
from .workspace import LOCKS, Workspace, lock_of, locked

WHOLE = (RESULT, store.LOG, *store.SUMMED, store.CHECKPOINTS)


@dataclass(frozen=True)
class RemoteTrial:
    """A trial in plain values and bytes: whoever carries it out need not have its components in his own process."""

    version: str
    """Of benchbench, where it was sent from; known before anything is unpacked."""
    folder: str
    """Of the result, in any folder of results; its last part is the trial's key."""
    plugins: Mapping[str, bytes]
    """The plugins' files that were named, not installed; they must be in place before anything is unpacked."""
    blocked: str
    work: bytes
    """Pickled: the trial, its data set, and each of its components with the digest of its source."""
    trial: bytes
    """Packed by `worker.pack`."""
    device: str
    threads: int
    limits: Limits
    files: Mapping[str, bytes]
    """Of the trial, stored already: file name -> bytes."""
    beside: Mapping[str, bytes] = field(default_factory=dict)
    """What the plugins' files import from their folders: path within the folder -> bytes."""


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
    parts = [(part, component_digest(part)) for part in (*trial.metrics, trial.degradation, trial.model)]
    return RemoteTrial(
        version=__version__,
        folder=str(trial.folder(Path())),
        plugins={path.name: path.read_bytes() for path in sources.files()},
        blocked=os.environ.get(sources.BLOCK, ""),
        work=cloudpickle.dumps((trial, dataset, parts)),
        trial=worker.pack(trial),
        device=request.device,
        threads=trial.threads,
        limits=request.limits,
        files=files_of(final) | files_of(store.work_folder(final), store.CHECKPOINTS),
        beside=_beside_plugins(),
    )


def _beside_plugins() -> dict[str, bytes]:
    """Read the files that the plugins' files import from their own folders, packages' `__init__.py` included."""
    found: dict[str, bytes] = {}
    for plugin in sources.files():
        folder = plugin.resolve().parent
        for path, _ in sources_of(plugin.stem).values():
            for file in (path, *(package / "__init__.py" for package in path.parents)):
                if folder in file.parents and file.is_file():
                    found.setdefault(file.relative_to(folder).as_posix(), file.read_bytes())
    return found


def carry_out(
    given: RemoteTrial, scratch: Path, hear: Callable[[Progress], object], cancelled: Callable[[], bool]
) -> RemoteResult:
    """Do the trial on this machine, in an empty folder. Raises Cancelled."""
    if given.version != __version__:
        return RemoteResult(f"it has benchbench {__version__}, and the run is of {given.version}")
    final, plugins, cache = scratch / "out" / given.folder, scratch / "plugins", cache_folder().absolute()
    _write(final, given.files)
    given, before = replace(given, files={}), given.files.get(RESULT)
    for name, source in {**given.beside, **given.plugins}.items():
        write_atomically(plugins / name, source)
    data: list[str] = []
    if refusal := ChildProcess(admit, given, plugins, cache).run(hear=data.append, cancelled=cancelled):
        return RemoteResult(refusal)
    workspace = Workspace(final, scratch / "lock", Path(data[-1]), cache, given.device, given.threads)
    child = ChildProcess(run, given, plugins, workspace)
    reason = child.run(given.limits, partial(pass_on, final.name, hear), cancelled)
    found = files_of(final)
    if found.get(RESULT) in (None, before):
        found = files_of(workspace.work, store.LOG, store.CHECKPOINTS)
    return RemoteResult(reason=reason, files=found)


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
    return {path.name: path.read_bytes() for pattern in patterns or WHOLE for path in folder.glob(pattern)}


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files of a result folder, `result.json` last. Raises DamagedResult for what does not belong there."""
    for name in sorted(files, key=lambda name: name == RESULT):
        if Path(name).name != name or not any(fnmatch.fnmatchcase(name, pattern) for pattern in WHOLE):
            raise DamagedResult(f"'{name}' does not belong into a result")
        write_atomically(folder / name, files[name])


# ── there, in a child process ────────────────────────────────────────────────────────────────────────────────────────


def admit(given: RemoteTrial, plugins: Path, cache: Path) -> None:
    """Find out whether this machine can do the trial, and tell where its data are. Raises what says why not."""
    use_plugins(given, plugins)
    trial, dataset, parts = pickle.loads(given.work)
    folder = have_data(dataset, trial.size, trial.fingerprint, cache)
    for part, wanted in parts:
        if (own := component_digest(part)) != wanted:
            raise BenchbenchError(f"its source of {part} is another one: {own}, and the run's is {wanted}")
    check_device(given.device)
    if trial.compiled:
        check_compiler()
    tell_parent(str(folder))


def run(given: RemoteTrial, plugins: Path, workspace: Workspace) -> None:
    """Do the trial with the run's plugins."""
    use_plugins(given, plugins)
    worker.run(workspace, given.trial)


def use_plugins(given: RemoteTrial, folder: Path) -> None:
    """Have the same plugins as the process that the trial came from."""
    os.environ[sources.BLOCK] = given.blocked
    os.environ[sources.FILES] = os.pathsep.join(str(folder / name) for name in sorted(given.plugins))
    sys.path.append(str(folder))


def have_data(dataset: Dataset, size: int, fingerprint: str, cache: Path) -> Path:
    """Return where the cache has the data set, made once a machine. Raises DataError if it is another one here."""
    from ..data import prepared

    with locked(cache / LOCKS / fingerprint):
        folder = prepared.find_prepared(fingerprint, cache) or prepared.prepare(dataset, size, cache)
    if (own := prepared.load(folder).fingerprint) != fingerprint:
        raise DataError(f"its data set {dataset.label} is another one: {own}, and the run's is {fingerprint}")
    return folder
