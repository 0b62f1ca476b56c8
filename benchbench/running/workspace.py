"""A trial's workspace on this machine: its folders, its lock, its log and its checkpoints."""

from __future__ import annotations

import io
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from ..devices import resolved
from ..errors import BenchbenchError, TrialError
from ..files import cache_folder, write_atomically
from ..results import store
from ..results.store import Result
from ..results.trial import Trial

if TYPE_CHECKING:
    import torch

LOCKS = ".locks"
LOG_PART = 500_000  # bytes that are kept of a log's beginning and of its end
LEAST_FREE_BYTES = 100_000_000


@dataclass(frozen=True)
class Workspace:
    """The folders, the lock and the device with which a trial is done on this machine.

    >>> Workspace(Path("runs/final"), Path("lock"), Path("data"), Path("cache")).work
    PosixPath('runs/final.partial')
    """

    final: Path
    """The folder of its result."""
    lock: Path
    data: Path
    """The prepared data set's folder in the cache."""
    cache: Path
    device: str = "auto"
    threads: int = 1

    @property
    def work(self) -> Path:
        """The folder beside the final one in which the result is made."""
        return store.work_folder(self.final)

    @property
    def torch_device(self) -> torch.device:
        """The device by its own name where `device` is `auto`; `set_up` has set torch up for it."""
        import torch

        return torch.device(resolved(self.device))


def lock_of(trial: Trial, out: Path) -> Path:
    """Return the file that whoever is at the trial has locked: there may be another run in the same folder."""
    return out / LOCKS / trial.key


def locked(path: Path, *, blocking: bool = True) -> FileLock:
    """Lock that file during the `with` block. Raises Timeout where it is not to block, and another has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(path, blocking=blocking)


def log_to(path: Path) -> None:
    """Send everything that this process and its libraries print to a file; Python's own text as UTF-8."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    for stream in (1, 2):
        os.dup2(handle, stream)
    os.close(handle)
    for text in (sys.stdout, sys.stderr):  # after that: what was a file may be a pipe by now, which tells no position
        if isinstance(text, io.TextIOWrapper):
            text.reconfigure(encoding="utf-8", errors="backslashreplace")


def check_descriptors(log: Path) -> None:
    """Raise TrialError if the process no longer writes to its log: then its other files may be spoilt, too."""
    try:
        intact = all(os.path.samestat(os.fstat(stream), log.stat()) for stream in (1, 2))
    except OSError:
        intact = False
    if not intact:
        raise TrialError("the process's log or its descriptors were closed, replaced or removed")


def shorten_log(log: Path) -> None:
    """Keep the beginning and the end of a log that is too long to read."""
    size = log.stat().st_size
    if size > 2 * LOG_PART:
        with log.open("rb") as file:
            first = file.read(LOG_PART)
            file.seek(size - LOG_PART)
            last = file.read()
        cut = f"\n… {size - 2 * LOG_PART:,} bytes left out …\n".encode()
        write_atomically(log, first + cut + last)


def take_over_checkpoint(final: Path, work: Path) -> None:
    """Copy the checkpoint of a result that is to go on, unless the work folder has one, which is newer.

    While learning rates are tried, there is one of each.
    """
    for stored in final.glob(store.CHECKPOINTS):
        own = (work / store.CHECKPOINT, work / stored.name)
        if stored.is_file() and not any(path.exists() for path in own):
            shutil.copyfile(stored, own[-1])


def take_over(stored: Result, work: Path) -> None:
    """Copy the files of a result that is to be published anew, but for those that the work folder has by now."""
    for name in stored.record.files:
        if not (work / name).exists():
            shutil.copyfile(stored.folder / name, work / name)


def check_writable(folder: Path) -> None:
    """Raise BenchbenchError if results could not be written there, so that it comes out before the work is done."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0" * 65536)
            file.flush()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        way_out = "name another in BENCHBENCH_CACHE" if folder == cache_folder() else "choose another with --out"
        raise BenchbenchError(f"cannot write to {folder}: {error.strerror}; {way_out}") from error
    if free < LEAST_FREE_BYTES:
        raise BenchbenchError(
            f"only {free // 10**6} MB are free for {folder}; {LEAST_FREE_BYTES // 10**6} MB are needed"
        )
