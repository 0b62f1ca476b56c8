"""A model under examination: its module, batches for it, and what comes back."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import torch
from torch import Tensor, nn

from ..contracts.degradation import Degradation
from ..contracts.model import Batch, Model, Task
from ..data.batches import TrainingSet
from . import fixtures
from .component import ImageCase
from .law import require_finite, require_tensor

SIZES = (8, 31, 48, 63)


class ModelCase(ImageCase):
    """A model, tried on the first degradation for which it is available."""

    component: Model
    output = "the restored images"
    sides = tuple((size, size) for size in SIZES)

    @cached_property
    def degradation(self) -> Degradation:
        """The one it is tried on; the first of all if it is available on none."""
        task = (d for d in self.degradations if self.component.unavailable(Task(self.size, d)) is None)
        return next(task, self.degradations[0])

    def reason(self, size: int, channels: int = 3) -> str | None:
        return self.component.unavailable(self.task(size, channels))

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

    def module(self, size: int | None = None, channels: int = 3, perturb: bool = True) -> nn.Module:
        """Build and fit the module, untrained; noise on all parameters wakes layers that start at zero."""
        module, source = self.built(size, channels), torch.Generator().manual_seed(0)
        for parameter in module.parameters() if perturb else ():
            parameter.data += 0.05 * torch.randn(parameter.shape, generator=source).to(parameter)
        data = TrainingSet(fixtures.dataset(8, size or self.size, channels), self.degradation, self.device)
        with torch.no_grad():
            self.component.fit(module, data.in_order(0))
        return module

    def batch(self, rows: Sequence[int] = range(4), size: int | None = None, channels: int = 3) -> Batch:
        """Make a batch as evaluation does, of some of four images."""
        test_set = fixtures.degraded_set(self.degradation, 4, size or self.size, channels)
        return test_set.batch(list(rows), self.device)

    def restored(self, module: nn.Module, batch: Batch) -> Tensor:
        """Restore a batch; the images are not clamped."""
        with torch.no_grad():
            return module(batch.degraded, **batch.side(self.component))

    def answer(self) -> tuple[Tensor, Tensor]:
        batch = self.batch()
        return batch.degraded, self.restored(self.module(), batch)

    def works(self, n: int, height: int, width: int, channels: int = 3) -> None:
        batch = self.batch(range(n), height, channels)
        found = self.restored(self.module(height, channels, perturb=False), batch)
        what = f"of {n} images of {channels} channels at {height} px, the restored ones"
        require_tensor(found, what, batch.clean.shape)
        require_finite(found, what)
