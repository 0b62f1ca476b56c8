"""Peak memory of a piece of work: on a GPU what its allocator handed out, on a CPU by how much the process grew."""

from __future__ import annotations

import contextlib
import ctypes
import gc
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
RESET_PEAK = "5"  # of resident memory; see proc_pid_clear_refs(5)


class Peak:
    """What `peak_memory` has found: None while the work lasts, and where the system does not tell."""

    bytes: int | None = None


@contextlib.contextmanager
def peak_memory(device: torch.device) -> Iterator[Peak]:
    """Measure by how many bytes, at most, memory exceeds what is held when the work begins."""
    found = Peak()
    before = _held(device)
    yield found
    most = _most(device)
    if before is not None and most is not None:
        found.bytes = max(0, most - before)


def _held(device: torch.device) -> int | None:
    """Bytes in use now; the peak is counted from here on."""
    gc.collect()
    if device.type == "cuda":
        import torch

        torch.cuda.reset_peak_memory_stats(device)
        return torch.cuda.memory_allocated(device)
    with contextlib.suppress(OSError, AttributeError):  # glibc keeps freed memory, which would hide what is used anew
        ctypes.CDLL(None).malloc_trim(0)
    try:
        CLEAR.write_text(RESET_PEAK)
    except OSError:
        return None
    return _resident("VmRSS")


def _most(device: torch.device) -> int | None:
    if device.type == "cuda":
        import torch

        return torch.cuda.max_memory_allocated(device)
    return _resident("VmHWM")


def _resident(field: str) -> int | None:
    """A field of the process's status in bytes, where the system has one."""
    try:
        lines = STATUS.read_text().splitlines()
    except OSError:
        return None
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith(f"{field}:")), None)
