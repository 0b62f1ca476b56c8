"""Commands that run a stranger's code: within limits, and behind the walls that this machine has.

Always: an environment of a few named variables, a home and a working folder of its own, limits of time, memory, files
and processes, and the end of all that it started. By bubblewrap also: no network, no writing elsewhere, no sight of
other processes, of the user's home, of temporary files and of sockets.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from ..devices import cores, family
from ..processes import ChildProcess, Limits, tell_parent

PASSED = ("LANG", "PYTHONPATH", "BENCHBENCH_BLOCK")
"""Variables of the environment that a stranger may see, besides those that `Sandbox` sets."""
ERRORS = ".err"
PROCESSES, FILE = 512, 2**30  # threads included; bytes
HIDDEN = ("/tmp", "/var/tmp", "/run", "/home", "/root", "/mnt", "/media", "/srv")
UNCONTAINED = ("the network", "files that this account may read or write", "other processes of this account")
"""What is not contained without bubblewrap."""


def why_not_walled() -> str | None:
    """Return why bubblewrap cannot be used here, or None if it can."""
    if not (program := shutil.which("bwrap")):
        return "bubblewrap is not installed (the command bwrap)"
    tried = subprocess.run([*_walls(program, Path("/")), "true"], capture_output=True, text=True)
    return None if tried.returncode == 0 else f"bubblewrap cannot be used: {tried.stderr.strip()[:200]}"


@dataclass(frozen=True)
class Sandbox:
    """Where commands may write, what they may take, and what they are kept from."""

    home: Path
    """Their home and working folder, which is there."""
    limits: Limits
    """Of a command and all that it starts, together."""
    walled: bool
    """Whether bubblewrap is used. It must be there."""
    paths: Sequence[Path] = ()
    """Folders of Python modules that they see before others."""

    def run(self, command: Sequence[str], output: Path) -> int | str:
        """Run a command; its output goes to a file outside of its home, and its errors to one beside it (ERRORS).

        Returns its exit code, or why it was ended.
        """
        walls = _walls(shutil.which("bwrap") or "bwrap", self.home) if self.walled else []
        told: list[str] = []
        child = ChildProcess(_call, [*walls, *command], self._env(), str(self.home), str(output), self.limits)
        with _orphans_ended():
            return child.run(self.limits, told.append) or int(told[-1])

    def _env(self) -> dict[str, str]:
        env = {name: os.environ[name] for name in PASSED if name in os.environ}
        modules = [*map(str, self.paths), *filter(None, [env.get("PYTHONPATH")])]
        env |= {"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": os.pathsep.join(modules)}
        return env | {"HOME": str(self.home), "BENCHBENCH_CACHE": str(self.home / "cache")}


def _walls(program: str, folder: Path) -> list[str]:
    """Return the words of bubblewrap: only a folder can be written; of what is HIDDEN only Python is seen."""
    modules = sys.path[1:]  # the first may be the folder that the command began in
    needed = [sys.prefix, sys.base_prefix, str(Path(__file__).parents[2]), *modules]
    seen = list(dict.fromkeys(str(Path(path).resolve()) for path in needed if path and Path(path).exists()))
    hidden = list(dict.fromkeys(path for path in (*HIDDEN, str(Path.home())) if path != "/" and Path(path).is_dir()))
    words = ["--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--ro-bind", "/", "/"]
    words += ["--dev", "/dev", "--proc", "/proc", *(word for path in hidden for word in ("--tmpfs", path))]
    words += [word for path in seen for word in ("--ro-bind", path, path)]
    if folder != Path("/"):
        words += ["--bind", str(folder), str(folder), "--chdir", str(folder)]
    return [program, *words, "--"]


@contextmanager
def _orphans_ended() -> Iterator[None]:
    """End what outlives the process that waits for a command, as where the command kills it; Linux alone can."""
    ChildProcess(int).run()  # starts the server of processes, which is no orphan
    known = set(psutil.Process().children())
    _adopt_orphans(True)
    try:
        yield
    finally:
        orphans = [child for child in psutil.Process().children() if child not in known]
        _kill(each for orphan in orphans for each in family(orphan.pid))
        psutil.wait_procs(orphans, timeout=10)
        _adopt_orphans(False)


def _kill(processes: Iterable[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.Error):
            process.kill()


def _adopt_orphans(yes: bool) -> None:
    """Linux: have whatever loses its parent, among those below this process, become a child of it."""
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).prctl(36, int(yes), 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


def _call(command: Sequence[str], env: Mapping[str, str], folder: str, output: str, limits: Limits) -> None:
    """In a child process: limit it, run the command, tell its exit code, and end whatever it left behind."""
    _adopt_orphans(True)
    _limit(limits)
    with open(output, "wb") as out, open(output + ERRORS, "wb") as err:
        done = subprocess.run(command, env=env, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
    _kill(psutil.Process().children(recursive=True))
    tell_parent(str(done.returncode))


def _limit(limits: Limits) -> None:
    """Set what the system itself keeps of each process; nothing on Windows."""
    try:
        import resource
    except ImportError:
        return
    wanted = {resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: FILE}
    if limits.seconds:
        wanted[resource.RLIMIT_CPU] = int(limits.seconds * cores()) + 1
    if limits.memory:
        wanted[resource.RLIMIT_AS] = 4 * limits.memory + 2**33  # torch reserves addresses that it never uses
    if hasattr(resource, "RLIMIT_NPROC"):
        wanted[resource.RLIMIT_NPROC] = _threads_of_user() + PROCESSES
    for kind, most in wanted.items():
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


def _threads_of_user() -> int:
    """Count what the limit of processes counts: all threads of this account."""
    count, user = 0, psutil.Process().username()
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            count += process.num_threads() if process.username() == user else 0
    return count
