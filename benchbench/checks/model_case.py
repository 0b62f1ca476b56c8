"""A model under examination: its module, batches for it, and what comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from ..contracts.degradation import Degradation
from ..contracts.model import Batch, Model, Task
from ..data.batches import TrainingSet
from . import fixtures
from .law import Case, require_finite, require_shape


@dataclass
class ModelCase(Case):
    """A model, tried on the first degradation for which it is available."""

    component: Model
    degradations: Sequence[Degradation] = (fixtures.Softening(),)

    @cached_property
    def degradation(self) -> Degradation:
        """The one it is tried on; the first of all if it is available on none."""
        task = (d for d in self.degradations if self.component.unavailable(Task(self.size, d)) is None)
        return next(task, self.degradations[0])

    def unavailable(self) -> str | None:
        return self.component.unavailable(self.task())

    def task(self, size: int | None = None, channels: int = 3) -> Task:
        """Make the task that the model is built for."""
        return Task(size or self.size, self.degradation, channels, (0.5,) * channels, (0.25,) * channels)

    def built(self, size: int | None = None, channels: int = 3, seed: int = 0) -> nn.Module:
        """Build the module, in eval mode."""
        with fixtures.global_seed(seed):
            return self.component.build(self.task(size, channels)).to(self.device).eval()

    def stored(self, module: nn.Module) -> nn.Module:
        """Build another module with the weights of this one, as if it had been stored and loaded."""
        other = self.built(seed=1)
        other.load_state_dict(module.state_dict())
        return other

    def module(self, size: int | None = None, channels: int = 3, seed: int = 0, perturb: bool = True) -> nn.Module:
        """Build and fit the module, untrained; perturbed, so that layers that start at zero do something."""
        module = self.built(size, channels, seed)
        task = self.task(size, channels)
        if perturb:
            shake(module, seed)
        data = TrainingSet(fixtures.dataset(8, task.size, channels), self.degradation, self.device)
        with torch.no_grad():
            self.component.fit(module, data.in_order(seed))
        return module

    def batch(self, n: int = 4, size: int | None = None, channels: int = 3) -> Batch:
        """Make a batch as evaluation does."""
        test_set = fixtures.degraded_set(self.degradation, n, size or self.size, channels)
        return test_set.batch(slice(0, n), self.device)

    def restored(self, module: nn.Module, batch: Batch) -> Tensor:
        """Restore a batch; the images are not clamped."""
        with torch.no_grad():
            return module(batch.degraded, **batch.side(self.component))

    def works(self, n: int, size: int, channels: int) -> None:
        """Raise Broken unless a batch of these dimensions comes back whole."""
        if self.component.unavailable(self.task(size, channels)) is None:
            batch = self.batch(n, size, channels)
            found = self.restored(self.module(size, channels, perturb=False), batch)
            what = f"of {n} images of {channels} channels at {size} px, the restored ones"
            require_shape(found, tuple(batch.clean.shape), what)
            require_finite(found, what)


def shake(module: nn.Module, seed: int = 0) -> None:
    """Add noise to all parameters: a layer that starts at zero hides what those before it do."""
    source = torch.Generator().manual_seed(seed)
    for parameter in module.parameters():
        noise = torch.randn(parameter.shape, generator=source)
        parameter.data += 0.05 * noise.to(parameter)


def rows(batch: Batch, index: Sequence[int]) -> Batch:
    """Take some images of a batch, in that order."""
    at = torch.tensor(index, device=batch.clean.device)
    region, face = (None if t is None else t[at] for t in (batch.region, batch.face))
    degraded = batch.degraded[at].contiguous(memory_format=torch.channels_last)
    return Batch(degraded, batch.clean[at], region, face, {k: t[at] for k, t in batch.truth.items()})
