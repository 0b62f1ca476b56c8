"""A trained model, and what its images tell: how they frame faces, and which photographs it does not suit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from .. import devices
from ..contracts.model import Model, Task
from ..data.degraded import DegradedSet, degraded_set, psnr_of
from ..data.prepared import PreparedDataset, find_prepared, load
from ..errors import DataError, TrialError
from ..evaluation.restore import check_restored
from ..files import cache_folder
from ..results.store import Result
from .doubt import Doubt, doubt_of
from .framing import CORE, Framing, degraded_again, face_mask, framing_of, root_mean_square

PHOTOGRAPH = "photograph"  # what a complaint about its restoration calls it
COMPARED = 60  # validation images that a photograph is compared with
_UNCHANGED = 1 / 255  # by which degrading a degraded image again may change it, in the root mean square


@dataclass(frozen=True)
class Restorer:
    """A trained model that the runs hold, loaded."""

    result: Result
    model: Model
    task: Task
    module: nn.Module
    score: str
    """How it did on which validation images, in words."""
    others: tuple[str, ...] = ()
    """The other candidates with their scores, best first."""

    @torch.no_grad()
    def __call__(self, images: Tensor, region: Tensor | None = None) -> Tensor:
        """Restore `(N, 3, H, W)`, whose shorter side has the size that the model was trained at; same shape, in [0, 1].

        `region`, bool `(1, 1, H, W)`, is where it is told that they were degraded: everywhere if None. Raises
        TrialError for a model that gives no such images, or values that are not finite.
        """
        where = torch.ones_like(images[:, :1], dtype=torch.bool) if region is None else region.expand_as(images[:, :1])
        side = {"region": where} if "region" in self.model.sees else {}
        try:
            restored = self.module(images, **side)
        except RuntimeError as error:  # a model with a fixed bottleneck takes squares only
            if devices.is_out_of_memory(error):
                raise
            restored = images.new_empty(0)
        try:
            if isinstance(restored, Tensor) and restored.shape != images.shape:
                restored = _by_squares(images, self, side)
            return check_restored(restored, images.shape, [PHOTOGRAPH] * len(images)).clamp(0, 1)
        except TrialError as error:
            raise TrialError(f"{self.model}: {error}") from error

    @cached_property
    def images(self) -> PreparedDataset | None:
        """The images that it was trained on, if the cache still holds them."""
        folder = find_prepared(self.result.record.trial.fingerprint, cache_folder())
        return load(folder) if folder else None

    @cached_property
    def framing(self) -> Framing:
        """How faces lie in the training images. Raises DataError where that cannot be found out."""
        if self.images is None:
            label = self.result.record.trial.dataset
            raise DataError(
                f"how the images of {label} frame faces is not known, for the cache has lost them: the command that "
                "trained the model prepares them anew, and trains nothing; --whole restores the whole photograph"
            )
        if found := framing_of(self.images):
            return found
        raise DataError(
            f"no faces are found in the images of {self.images.label}: --whole restores the whole photograph"
        )

    def restore_face(self, squares: Tensor) -> Tensor:
        """Restore `(N, 3, size, size)`, framed as the training images are.

        Where degrading an image twice is degrading it once, they are degraded first: then a face that alone is in
        blocks comes with its surroundings in blocks, too, as the model knows it.
        """
        if self.repeats:
            squares = degraded_again(squares, self.task.degradation, self._face())
        return self(squares, self._face())

    def _face(self, share: float = 1) -> Tensor:
        """Mark where a face lies in a training image, bool `(1, 1, size, size)`."""
        return face_mask([self.framing.face(self.task.size)], self.task.size, self.task.size, share)

    @cached_property
    def repeats(self) -> bool:
        """Whether the degradation leaves alone what it has degraded, as blocks and grey do."""
        if self._compared is None:
            return False
        face, degraded = self._face(CORE), self._compared.degraded[:COMPARED].float() / 255
        change = degraded_again(degraded, self.task.degradation, face) - degraded
        return float(root_mean_square(change, face).median()) < _UNCHANGED

    @cached_property
    def falls_short(self) -> str:
        """Say so where it restores its validation images worse than leaving them as they are would; else ""."""
        rungs = self.result.record.rungs
        if not rungs or self._compared is None:
            return ""
        clean, degraded = (images.float() / 255 for images in (self._compared.clean, self._compared.degraded))
        if rungs[-1].validation_psnr >= (left := psnr_of(degraded, clean)):
            return ""
        return (
            f"{self.model} restores its validation images worse than leaving them as they are, which is {left:.2f} dB: "
            "train it for longer, or choose another by --model"
        )

    @cached_property
    def doubt(self) -> Doubt | None:
        """The doubt whether a face suffers from what the model undoes; None where residuals do not tell."""
        return self._doubt(self.restore_face, self._face(CORE))

    @cached_property
    def doubt_whole(self) -> Doubt | None:
        """The same doubt of a whole photograph."""
        return self._doubt(self, torch.ones(1, 1, self.task.size, self.task.size, dtype=torch.bool))

    @cached_property
    def _compared(self) -> DegradedSet | None:
        if self.images is None:
            return None
        return degraded_set(self.images, "validation", self.task.degradation, cache_folder())

    def _doubt(self, restore: Callable[[Tensor], Tensor], mask: Tensor) -> Doubt | None:
        if self._compared is None:
            return None
        clean, degraded = (t[:COMPARED].float() / 255 for t in (self._compared.clean, self._compared.degraded))
        return doubt_of(clean, degraded, restore, self.task.degradation, mask)


def _by_squares(image: Tensor, restorer: Restorer, side: dict[str, Tensor]) -> Tensor:
    """Restore overlapping squares of the trained size, and average them where they overlap."""
    size = restorer.task.size
    total, count = torch.zeros_like(image), torch.zeros_like(image[:, :1])
    for top in _starts(image.shape[2], size):
        for left in _starts(image.shape[3], size):
            where = (..., slice(top, top + size), slice(left, left + size))
            found = restorer.module(image[where], **{name: value[where] for name, value in side.items()})
            total[where] += check_restored(found, image[where].shape, [PHOTOGRAPH] * len(image))
            count[where] += 1
    return total / count


def _starts(length: int, size: int) -> list[int]:
    """List where squares begin that cover a line: half a side apart, the last one flush with the end."""
    return sorted({*range(0, max(1, length - size + 1), max(1, size // 2)), length - size})
