"""What a plugin can do to the process that it runs in, each by the name of its deed."""

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
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn


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
