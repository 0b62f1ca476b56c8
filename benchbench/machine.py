"""What this machine has for trials: the cores and the memory that are this process's, and the jobs that they make."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from .perform import resolved

BYTES_A_JOB = 1_500_000_000
CONTROL_GROUPS, OWN_GROUP = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def cores() -> int:
    """Processor cores that this process may use, in a container or a job of a cluster, too."""
    found = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quotas = [math.ceil(int(share) / int(period)) for share, period in _granted("cpu.max") if share != "max"]
    return max(1, min([found, *quotas]))


def memory() -> int:
    """Bytes of main memory that this process may use; where the system does not tell, plenty."""
    try:
        found = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        found = 2**40
    return min([found, *(int(most) for [most] in _granted("memory.max") if most != "max")])


def _granted(name: str) -> Iterator[list[str]]:
    """The words of that file of each control group that this process is in, where Linux has version 2 of them."""
    with suppress(OSError, StopIteration):
        own = next(line[4:] for line in OWN_GROUP.read_text().splitlines() if line.startswith("0::/"))
        for group in (CONTROL_GROUPS / own, *(CONTROL_GROUPS / own).parents):
            with suppress(OSError):
                yield (group / name).read_text().split()
            if group == CONTROL_GROUPS:
                return


def default_jobs(device: str, threads: int) -> int:
    """Trials at once: as many as the cores feed and the memory holds on a CPU, one on a GPU.

    Two small models side by side on a thread each are faster than one after another on two threads.
    """
    return 1 if resolved(device).startswith("cuda") else max(1, min(cores() // threads, memory() // BYTES_A_JOB))
