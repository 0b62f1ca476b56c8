"""A child process that does a trial whose rungs are within reach of a toy, and may kill itself on the way."""

from __future__ import annotations

import os
import signal

from torch import Tensor

from benchbench.contracts import rungs
from benchbench.running import worker
from benchbench.running.workspace import Workspace
from benchbench.training import trainer
from benchbench.training.anytime import AnyTimeTrainer

FIRST = 10**6  # FLOPs


def climb(workspace: Workspace, packed: bytes, last_step: int | None, first: int = FIRST) -> None:
    """Do the packed trial, with a checkpoint at every step; killed before the step after `last_step`.

    `first` are the FLOPs of the first rung.
    """
    step = AnyTimeTrainer.step

    def until(training: AnyTimeTrainer) -> Tensor:
        if training.state.step == last_step:
            os.kill(os.getpid(), signal.SIGKILL)
        return step(training)

    rungs.FIRST, trainer.CHECKPOINT_SECONDS = first, -1.0
    AnyTimeTrainer.step = until  # type: ignore[method-assign]
    worker.run(workspace, packed)
