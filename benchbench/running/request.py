"""What a user asks of a run, with the defaults of all that he leaves out. Quick to import, for the command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from .. import protocol
from ..devices import default_jobs, parse_bytes
from ..files import RUNS

if TYPE_CHECKING:
    from ..processes import Limits
    from ..registry.suites import Grid

Executors = Literal["local", "dask"]
LEAST = {"size": protocol.SMALLEST, "seeds": 1, "jobs": 1, "threads": 1, "timeout": 1}
"""The least value of an option; of `timeout` in seconds."""


@dataclass(frozen=True)
class RunRequest:
    """A user's request, component specs still as text; `benchbench run --help` says what each field means.

    >>> RunRequest(degradation=["pixelate"], model=["unet:width=16"], timeout=60).limits
    Limits(seconds=60, memory=None)
    """

    dataset: Sequence[str] = ()
    size: int = 64
    degradation: Sequence[str] = ()
    model: Sequence[str] = ()
    grids: Sequence[Grid] = ()
    """Several grids, as a suite has them; degradations and models given beside them take their places."""
    metric: Sequence[str] = ()
    budget: str = "quick"
    seed: Sequence[int] = (0,)
    out: Path = RUNS
    at: float | None = None
    """FLOPs of training that boards show; None for the highest rung that all models of one have."""
    device: str = "auto"
    executor: Executors = "local"
    scheduler: str | None = None
    """Address of the Dask scheduler whose workers do the trials; without it Dask has its workers on this machine."""
    jobs: int | None = None
    threads: int = 1
    timeout: float | None = None
    memory: str | None = None
    fresh: bool = False
    predictions: bool = False
    with_references: bool = True
    """Give every board its baseline and, where there is one, its ideal, whether asked for or not."""
    shard: str = "1/1"
    compile: bool = False
    tune: bool = False
    watch_gradients: bool = False

    @property
    def limits(self) -> Limits:
        """The most that each trial may take. Raises SpecError for what is no amount of memory."""
        from ..processes import Limits

        return Limits(self.timeout, None if self.memory is None else parse_bytes(self.memory))

    @property
    def workers(self) -> int:
        """Trials at once on this machine: `jobs`, or as many as suit the device."""
        return self.jobs or default_jobs(self.device, self.threads)
