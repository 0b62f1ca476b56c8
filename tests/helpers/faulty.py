"""Models, degradations and data sets that misbehave, each in the way its name says; and a plugin that listens."""

from __future__ import annotations

import atexit
import math
import multiprocessing
import os
import random
import resource
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor, nn

from benchbench import Batch, Dataset, Degradation, Degraded, Draw, Images, Metric, Model, Recipe, Task, hookimpl, param

# ── what can be done to a process ────────────────────────────────────────────────────────────────────────────────────


def _exhaust_memory() -> None:
    raise MemoryError("cannot allocate 1 TB")


def _exhaust_the_gpu() -> None:
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1.00 TiB.")


def _exhaust_torch() -> None:
    torch.empty(2**50, dtype=torch.uint8)


def _hoard() -> None:
    held = []
    while True:
        held.append(np.ones(8_000_000))


def _overflow(depth: int = 0) -> int:
    return _overflow(depth + 1) + 1


def _leave_children() -> None:
    """One by another program, one by a fork; the log has their process numbers."""
    forked = os.fork()
    if not forked:
        time.sleep(600)
        os._exit(0)
    print("children", subprocess.Popen(["sleep", "600"]).pid, forked)


def _leave_children_and_die() -> None:
    _leave_children()
    sys.stdout.flush()
    os.kill(os.getpid(), signal.SIGKILL)


def _flood() -> None:
    for _ in range(100):
        sys.stdout.write("noise\n" * 170_000)


def _write_to_stdout() -> None:
    print("from print")
    sys.__stdout__.write("from the true standard output\n")
    os.write(1, b"from descriptor 1\n")
    os.write(2, b"from descriptor 2\n")
    os.system("echo from a child")


def _seed_everything() -> None:
    torch.manual_seed(0)
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002  that is the fault


def _patch_torch() -> None:
    torch.randn = torch.rand = torch.zeros  # type: ignore[assignment]
    nn.Conv2d.forward = lambda self, images: images  # type: ignore[method-assign]


def _delete_its_files() -> None:
    """The folder of its log, which standard output goes to."""
    shutil.rmtree(_own_folder())


def _own_folder() -> Path:
    return Path(os.readlink("/proc/self/fd/1")).parent if sys.platform == "linux" else _folder_of_fd_1()


def _folder_of_fd_1() -> Path:
    import fcntl

    return Path(fcntl.fcntl(1, 50, b"\0" * 1024).rstrip(b"\0").decode()).parent  # F_GETPATH of macOS


def _fill_the_disk() -> None:
    """No file of this process may grow any more."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _make_output_read_only() -> None:
    folder = _own_folder()
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    if os.geteuid() == 0:  # whom no permission binds
        os.setresuid(65534, 65534, 65534)


def _turn_the_clock_back() -> None:
    before = time.time()
    for name in ("time", "monotonic", "perf_counter"):
        setattr(time, name, lambda: before - 1e9)


def _leave_a_thread() -> None:
    threading.Thread(target=time.sleep, args=(600,), daemon=False).start()


def _refuse_to_leave() -> None:
    atexit.register(time.sleep, 600)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _spoil_the_process() -> None:
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    os.chdir("/")
    print("noise\n" * 10_000)


def _kill_whoever_waits() -> None:
    """The process that this trial's was started by: the whole run, or a worker of it."""
    parent = multiprocessing.parent_process()
    os.kill(parent.pid if parent and parent.pid else os.getpid(), signal.SIGKILL)


def _loop() -> None:
    while True:
        pass


DEEDS: dict[str, Callable[[], object]] = {
    "raise": lambda: 1 / 0,
    "sys.exit": lambda: sys.exit(0),
    "os._exit": lambda: os._exit(0),
    "abort": os.abort,
    "segfault": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "sigkill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "memory": _exhaust_memory,
    "gpu-memory": _exhaust_the_gpu,
    "torch-memory": _exhaust_torch,
    "hoard": _hoard,
    "recursion": _overflow,
    "hang": lambda: time.sleep(600),
    "loop": _loop,
    "children": _leave_children,
    "orphans": _leave_children_and_die,
    "flood": _flood,
    "stdout": _write_to_stdout,
    "descriptors": lambda: os.closerange(0, 1024),
    "directory": lambda: os.chdir("/"),
    "seeds": _seed_everything,
    "threads": lambda: torch.set_num_threads(7),
    "dtype": lambda: torch.set_default_dtype(torch.float64),
    "patch": _patch_torch,
    "delete": _delete_its_files,
    "disk": _fill_the_disk,
    "read-only": _make_output_read_only,
    "clock": _turn_the_clock_back,
    "thread": _leave_a_thread,
    "stay": _refuse_to_leave,
    "spoil": _spoil_the_process,
    "parent": _kill_whoever_waits,
}
WRONG: dict[str, Callable[[Tensor], object]] = {
    "nan": lambda images: images * math.nan,
    "infinity": lambda images: images + math.inf,
    "shape": lambda images: images[:, :1],
    "bytes": lambda images: (images * 255).to(torch.uint8),
    "text": lambda images: "restored",
    "nothing": lambda images: None,
}
"""Wrong answers."""
Deed = Literal[
    "raise", "sys.exit", "os._exit", "abort", "segfault", "sigkill", "memory", "gpu-memory", "torch-memory", "hoard",
    "recursion", "hang", "loop", "children", "orphans", "flood", "stdout", "descriptors", "directory", "seeds",
    "threads", "dtype", "patch", "delete", "disk", "read-only", "clock", "thread", "stay", "spoil", "parent",
    "nan", "infinity", "shape", "bytes", "text", "nothing",
]  # fmt: skip


# ── components ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Faulty(Model):
    """Does its deed in its first forward pass, or when it is built."""

    name = "faulty"
    recipe: ClassVar[Recipe | None] = None

    deed: Deed = param("raise", "what it does")
    at: Literal["forward", "build", "unavailable"] = param("forward", "when")

    def unavailable(self, task: Task) -> str | None:
        if self.at == "unavailable":
            DEEDS[self.deed]()
        return None

    def build(self, task: Task) -> nn.Module:
        if self.at == "build":
            DEEDS[self.deed]()
        return _Doer(self.deed if self.at == "forward" else "")


class _Doer(nn.Module):
    def __init__(self, deed: str) -> None:
        super().__init__()
        self.deed = deed

    def forward(self, degraded: Tensor) -> Any:
        deed, self.deed = self.deed, self.deed if self.deed in WRONG else ""
        if deed in WRONG:
            return WRONG[deed](degraded)
        if deed:
            DEEDS[deed]()
        return degraded.float()


@dataclass(frozen=True)
class FaultyTraining(Model):
    """Does its deed in every training step whose batch has more images than it bears."""

    name = "faulty-training"
    recipe: ClassVar[Recipe | None] = Recipe(epochs=1, batch=8)

    deed: Deed = param("raise", "what it does")
    bears: int = param(0, "images", low=0)

    def build(self, task: Task) -> nn.Module:
        return nn.Conv2d(3, 3, 1)

    def training_step(self, module: nn.Module, batch: Batch, optimizer: str) -> Tensor:
        loss = super().training_step(module, batch, optimizer)
        if len(batch.clean) <= self.bears:
            return loss
        if self.deed == "nan":
            return loss * math.nan
        DEEDS[self.deed]()
        return loss


class _Text(str):
    """Text that no other process knows."""

    def __reduce__(self) -> Any:
        raise TypeError("this text stays here")


@dataclass(frozen=True)
class Strange(Model):
    """Tells of itself what nobody can store, or send to another process."""

    name = "strange"
    recipe: ClassVar[Recipe | None] = None

    note: Literal["object", "unpicklable"] = param("object")

    def build(self, task: Task) -> nn.Module:
        return nn.Identity()

    def notes(self, task: Task) -> Sequence[str]:
        return [object() if self.note == "object" else _Text("a note of its own")]  # type: ignore[list-item]


@dataclass(frozen=True)
class FaultyDegradation(Degradation):
    """Does its deed on every batch."""

    name = "faulty-degradation"

    deed: Deed = param("raise", "what it does")

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        if self.deed == "nan":
            return Degraded(clean * math.nan)
        if self.deed == "shape":
            return Degraded(clean[..., :-1])
        DEEDS[self.deed]()
        return Degraded(clean)


@dataclass(frozen=True)
class FaultyData(Dataset):
    """Does its deed when it is loaded."""

    name = "faulty-data"

    deed: Deed = param("raise", "what it does")

    def load(self, size: int) -> Images:
        DEEDS[self.deed]()
        raise RuntimeError("did its deed and lived")


@dataclass(frozen=True)
class FaultyMetric(Metric):
    """Does its deed on every batch."""

    name = "faulty-metric"
    higher_is_better = True

    deed: Deed = param(help="what it does")

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        DEEDS[self.deed]()
        return torch.ones(len(clean))


@dataclass(frozen=True)
class Peeking(Model):
    """Wants to see the clean image."""

    name = "peeking"
    recipe: ClassVar[Recipe | None] = None
    sees: ClassVar[tuple[str, ...]] = ("clean",)

    def build(self, task: Task) -> nn.Module:
        return _Peeker()


class _Peeker(nn.Module):
    def forward(self, degraded: Tensor, clean: Tensor) -> Tensor:
        return clean


@dataclass(frozen=True)
class Counted(Model):
    """Adds a line to its file each time it is built."""

    name = "counted"
    recipe: ClassVar[Recipe | None] = Recipe(epochs=1, batch=8)

    file: str = param(help="where it counts")

    def build(self, task: Task) -> nn.Module:
        with open(self.file, "a") as file:
            file.write("built\n")
        return nn.Conv2d(3, 3, 1)


@dataclass(frozen=True)
class Slow(Model):
    """Takes its time for every training step, and tells its log."""

    name = "slow"
    recipe: ClassVar[Recipe | None] = Recipe(epochs=1, batch=8)

    seconds: float = param(0.05, "of a step", low=0)

    def build(self, task: Task) -> nn.Module:
        return nn.Conv2d(3, 3, 1)

    def training_step(self, module: nn.Module, batch: Batch, optimizer: str) -> Tensor:
        print("step", flush=True)
        time.sleep(self.seconds)
        return super().training_step(module, batch, optimizer)


@dataclass(frozen=True)
class Weighted(Metric):
    """Is available where its file is."""

    name = "weighted"
    higher_is_better = True

    weights: str = param("weights", "the file that it needs")

    def unavailable(self, task: Task) -> str | None:
        return None if Path(self.weights).exists() else f"needs {self.weights}"

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        return torch.ones(len(clean))


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [Weighted, FaultyMetric]


@hookimpl
def benchbench_datasets() -> list[type[Dataset]]:
    return [FaultyData]


@hookimpl
def benchbench_degradations() -> list[type[Degradation]]:
    return [FaultyDegradation]


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [Faulty, FaultyTraining, Strange, Peeking, Counted, Slow]


heard: list[tuple[str, Any]] = []
"""What the hooks below were told."""


@hookimpl
def benchbench_epoch_finished(trial: Mapping[str, Any], row: Mapping[str, float]) -> None:
    heard.append(("epoch", (trial["model"], row["epoch"])))


@hookimpl
def benchbench_trial_finished(trial: Mapping[str, Any], result: Mapping[str, Any], folder: Path) -> None:
    heard.append(("trial", (trial["model"], result["status"], (folder / "result.json").is_file())))


@hookimpl
def benchbench_board_written(path: Path) -> None:
    heard.append(("board", path))
    raise RuntimeError("a tracker without a network")
