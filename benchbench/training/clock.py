"""The seconds of a training, without those in which it is looked at."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from ..devices import synchronise


class Clock:
    """A clock that goes on from some seconds, and can be stopped meanwhile."""

    def __init__(self, device: torch.device, seconds: float = 0.0) -> None:
        self._device, self._started = device, time.monotonic() - seconds

    @property
    def seconds(self) -> float:
        """Seconds so far."""
        return time.monotonic() - self._started

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop the clock during the `with` block, once the device has done what it was given before."""
        synchronise(self._device)
        seconds = self.seconds
        yield
        self._started = time.monotonic() - seconds
