"""The order of the training images: a permutation of its own for each epoch."""

from __future__ import annotations

import torch
from torch import Tensor

from ..contracts.budget import epoch_steps
from ..contracts.seeding import generator


class Order:
    """The order of n images by a seed, in batches; what does not fill the last batch of an epoch is left out."""

    def __init__(self, n: int, seed: int, device: torch.device) -> None:
        self.n, self.seed, self.device = n, seed, device
        self._permutation: tuple[int, Tensor] | None = None

    def indices(self, step: int, batch: int) -> Tensor:
        """Look up the images of a step, counted from 0, as int64 `(batch,)`."""
        epoch, position = divmod(step, epoch_steps(self.n, batch))
        if self._permutation is None or self._permutation[0] != epoch:
            order = torch.randperm(self.n, generator=generator(self.seed, "order", epoch))
            self._permutation = epoch, order.to(self.device)
        return self._permutation[1][position * batch : (position + 1) * batch]

    def ahead(self, step: int, batch: int) -> Tensor | None:
        """Look up the images of the step after this one, where it belongs to the same epoch."""
        return self.indices(step + 1, batch) if (step + 1) % epoch_steps(self.n, batch) else None
