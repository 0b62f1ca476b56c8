"""The processor at hand: its cores and memory, its precision, and how torch is set up on it.

torch is imported by the functions that need it, so that what needs none stays quick.
"""

from __future__ import annotations

import ctypes
import gc
import math
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from .errors import SpecError

if TYPE_CHECKING:
    import torch

os.environ.setdefault("PYTORCH_ENABLE_MPS_FALLBACK", "1")  # what Apple's GPU lacks is done by the CPU, with a warning
BYTES_A_JOB = 1_500_000_000
CONTROL_GROUPS, OWN_GROUP = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
RESET_PEAK = "5"  # of resident memory; see proc_pid_clear_refs(5)
COMPILERS = ("c++", "g++", "clang++", "cl")
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # malloc.h
UNITS = {"kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


def resolved(device_name: str) -> str:
    """Name the device of this machine that `auto` stands for; other names stay."""
    import torch

    if device_name != "auto":
        return device_name
    return "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"


def check_device(name: str) -> None:
    """Raise SpecError for a device that torch does not know or that is not there."""
    import torch

    if name == "auto":
        return
    try:
        device = torch.device(name)
        if device.type == "cuda":  # counted, not used: this process would hold a part of its memory for good
            if (device.index or 0) >= (count := torch.cuda.device_count()):
                raise RuntimeError(f"torch finds {count} CUDA devices here")
        else:
            torch.empty(1, device="meta" if device.type == "cpu" else device)
    except (RuntimeError, AssertionError) as error:
        raise SpecError(f"device '{name}' cannot be used: {str(error).splitlines()[0]}; try cpu or auto") from error


def set_up(device_name: str, threads: int) -> torch.device:
    """Set torch up on a device (`auto`: a GPU if there is one); on a CPU only deterministic algorithms are used."""
    import torch

    device = torch.device(resolved(device_name))
    if device.type == "cpu":
        torch.set_num_threads(threads)
        if threads > 1:  # a single thread is deterministic by itself, and this takes two seconds to import
            torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
            torch.use_deterministic_algorithms(True, warn_only=True)
    else:  # where float32 is asked for, scores above all, it is not to be TensorFloat-32; training has its bf16
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    return device


def synchronise(device: torch.device) -> None:
    """Wait until a GPU has done all that it was given."""
    import torch

    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def has_float64(device: torch.device) -> bool:
    """Tell whether the device computes in float64, which Apple's does not."""
    return device.type != "mps"


def autocast(device: torch.device) -> torch.autocast:
    """Autocast to bf16 where the device multiplies bf16 matrices natively, else change nothing."""
    import torch

    return torch.autocast(device.type, torch.bfloat16, enabled=has_bf16(device))


def has_bf16(device: torch.device) -> bool:
    """Tell whether the device has native bf16 matrix products, and oneDNN may use them (`ONEDNN_MAX_CPU_ISA`)."""
    import torch

    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    probe = getattr(torch.cpu, "_is_avx512_bf16_supported", bool)
    may_use = getattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", bool)
    return device.type == "cpu" and bool(probe()) and bool(may_use())


def check_compiler() -> None:
    """Raise SpecError if there is no compiler for what TorchInductor writes."""
    named = os.environ.get("CXX")
    if not any(map(shutil.which, [named] if named else COMPILERS)):
        raise SpecError(
            f"--compile needs a C++ compiler, and {named or 'g++'} is not there: install one, or leave it out"
        )


def cores() -> int:
    """Count the processor cores that this process may use, in a container or a job of a cluster, too."""
    found = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quotas = [math.ceil(int(share) / int(period)) for share, period in _granted("cpu.max") if share != "max"]
    return max(1, min([found, *quotas]))


def memory() -> int:
    """Count the bytes of main memory that this process may use."""
    granted = [int(most) for [most] in _granted("memory.max") if most != "max"]
    return min([psutil.virtual_memory().total, *granted])


def _granted(name: str) -> Iterator[list[str]]:
    """Read the words of a file of each control group that this process is in (Linux, version 2)."""
    with suppress(OSError, StopIteration):
        own = next(line[4:] for line in OWN_GROUP.read_text().splitlines() if line.startswith("0::/"))
        for group in (CONTROL_GROUPS / own, *(CONTROL_GROUPS / own).parents):
            with suppress(OSError):
                yield (group / name).read_text().split()
            if group == CONTROL_GROUPS:
                return


def default_jobs(device: str, threads: int) -> int:
    """Choose how many trials run at once: what cores and memory bear on a CPU, one on a GPU.

    Two small models side by side on a thread each are faster than one after another on two threads.
    """
    return (
        1 if resolved(device).startswith(("cuda", "mps")) else max(1, min(cores() // threads, memory() // BYTES_A_JOB))
    )


class Peak:
    """The result of `peak_memory`: None while the work lasts, and where the system does not tell."""

    bytes: int | None = None


@contextmanager
def peak_memory(device: torch.device) -> Iterator[Peak]:
    """Measure by how many bytes, at most, memory exceeds what is held when the work begins."""
    import torch

    found = Peak()
    gc.collect()
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        yield found
        found.bytes = torch.cuda.max_memory_allocated(device) - before
        return
    with suppress(OSError, AttributeError):  # glibc keeps freed memory, which would hide what is used anew
        ctypes.CDLL(None).malloc_trim(0)
    try:
        CLEAR.write_text(RESET_PEAK)
    except OSError:  # only Linux tells
        yield found
        return
    before = _resident("VmRSS")
    yield found
    found.bytes = max(0, _resident("VmHWM") - before)


def is_out_of_memory(error: Exception) -> bool:
    """Return whether torch, or Python, could not have the memory that it asked for; torch says so in several ways."""
    import torch

    says = str(error).lower()
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and any(words in says for words in ("out of memory", "can't allocate memory"))
    )


def free_memory(device: torch.device) -> None:
    """Free what is no longer used, and what compiled modules hold."""
    import torch

    if "torch._dynamo" in sys.modules:
        torch.compiler.reset()  # CUDA graphs hold theirs
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()


def _resident(field: str) -> int:
    """Read a field of the process's status on Linux, in bytes."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(f"{field}:"))
    return 1024 * int(line.split()[1])


def family(pid: int) -> list[psutil.Process]:
    """List a process and all that it started; none if it is over."""
    try:
        own = psutil.Process(pid)
        return [own, *own.children(recursive=True)]
    except psutil.Error:
        return []


def memory_of(pid: int) -> int:
    """Add up the bytes of main memory that a process and all that it started hold."""
    held = 0
    for process in family(pid):
        with suppress(psutil.Error):
            held += process.memory_info().rss
    return held


def keep_freed_memory() -> None:
    """Have glibc give large tensors memory that was freed before, not new pages that the kernel must zero."""
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(M_MMAP_THRESHOLD, 2**25)  # the most that it accepts
        libc.mallopt(M_TRIM_THRESHOLD, 2**31 - 1)


def parse_bytes(text: str) -> int:
    """Parse `4GB` or `512MiB` as a number of bytes. Raises SpecError."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?) *([A-Za-z]+)", text.strip())
    units = {name.lower(): factor for name, factor in UNITS.items()}
    if not found or found[2].lower() not in units or not (size := int(float(found[1]) * units[found[2].lower()])):
        raise SpecError(f"'{text}' is no amount of memory: write a number and one of {', '.join(UNITS)}, such as 4GB")
    return size


def format_bytes(size: int) -> str:
    """Write 4000000000 as `4 GB`."""
    name, factor = max(((n, f) for n, f in UNITS.items() if f <= max(size, 1000) and "i" not in n), key=lambda u: u[1])
    return f"{size / factor:.3g} {name}"
