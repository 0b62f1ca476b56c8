"""Images as batches on the device: the training split, degraded afresh each time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import torch
from torch import Tensor

from ..contracts.applying import apply_degradation, to_8bit
from ..contracts.degradation import Degradation
from ..contracts.model import Batch
from ..contracts.seeding import FreshDraw, generator
from .prepared import PreparedDataset

PART = 32  # images that are read at once where no training says how many


class Rows:
    """Rows of tensors, for a device: on a GPU, or for a CPU in the memory-mapped cache, whatever its size.

    A GPU that cannot hold them gets them streamed: a thread reads the next ones into pinned memory meanwhile.
    """

    def __init__(self, tensors: Sequence[Tensor], rows: Tensor, device: torch.device) -> None:
        self.device = device
        self.reader = ThreadPoolExecutor(1) if is_streamed(tensors, rows, device) else None
        self.coming: tuple[Tensor, Future[list[Tensor]]] | None = None
        if self.reader is None and device.type != "cpu":
            tensors = [moved_rows(tensor, rows, device) for tensor in tensors]
            rows = torch.arange(len(rows), device=device)
        self.tensors, self.rows = tensors, rows

    def take(self, indices: Tensor, ahead: Tensor | None) -> list[Tensor]:
        """Take the rows at `indices` of each tensor; `ahead` are those that are taken next, if that is known."""
        if self.reader is None:
            return self._read(indices)
        if self.coming is not None and torch.equal(self.coming[0], indices):
            found = self.coming[1].result()
        else:
            found = self._read(indices)
        self.coming = None if ahead is None else (ahead, self.reader.submit(self._read, ahead))
        return [tensor.to(self.device, non_blocking=True) for tensor in found]

    def _read(self, indices: Tensor) -> list[Tensor]:
        rows, pinned = self.rows[indices], self.reader is not None and self.device.type == "cuda"
        return [tensor[rows].pin_memory() if pinned else tensor[rows] for tensor in self.tensors]


def is_streamed(tensors: Sequence[Tensor], rows: Tensor, device: torch.device) -> bool:
    """Tell whether the rows take more than half of a GPU's free memory: training needs the rest."""
    size = sum(len(rows) * tensor[0].numel() * tensor.element_size() for tensor in tensors)
    return device.type == "cuda" and size > torch.cuda.mem_get_info(device)[0] // 2


def moved_rows(tensor: Tensor, rows: Tensor, device: torch.device) -> Tensor:
    """Move some rows of a tensor to the device, without a second copy of them here."""
    moved = torch.empty((len(rows), *tensor.shape[1:]), dtype=tensor.dtype, device=device)
    for some, there in zip(rows.split(PART), moved.split(PART), strict=True):
        there.copy_(tensor[some])
    return moved


class TrainingSet:
    """The training split as uint8; batches are gathered, mirrored, scaled and degraded on the device."""

    def __init__(self, dataset: PreparedDataset, degradation: Degradation, device: torch.device) -> None:
        rows = torch.tensor(dataset.indices("train"), dtype=torch.long)
        tensors = [dataset.pixels, *([] if dataset.masks is None else [dataset.masks])]
        self._length, self._images = len(rows), Rows(tensors, rows, device)
        self.degradation, self.device = degradation, device

    def __len__(self) -> int:
        return self._length

    @property
    def index_device(self) -> torch.device:
        """The device of indices: a GPU waits for none that the CPU has to read."""
        return self._images.rows.device

    def statistics(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Compute mean and standard deviation of each channel, in [0, 1]."""
        counts = torch.zeros(1, 256, dtype=torch.long, device=self.device)
        for indices in torch.arange(len(self), device=self.index_device).split(PART):
            pixels = self._images.take(indices, None)[0]
            counts = counts + torch.stack([torch.bincount(c.flatten(), minlength=256) for c in pixels.unbind(1)])
        levels = torch.arange(256, dtype=torch.float64)
        mean, std = [], []
        for weights in counts.cpu().double():
            average = float((weights * levels).sum() / weights.sum())
            mean.append(average / 255)
            std.append(math.sqrt(float((weights * (levels - average) ** 2).sum() / weights.sum())) / 255)
        return tuple(mean), tuple(std)

    def batch(self, indices: Tensor, source: torch.Generator, flip: bool, ahead: Tensor | None = None) -> Batch:
        """Degrade the images at `indices` by fresh draws from `source`; `ahead` are the next, if that is known."""
        n = len(indices)
        pixels, *masks = self._images.take(indices, ahead)
        clean, face = pixels.float().div_(255), masks[0] if masks else None
        if flip:
            mirrored = (torch.rand(n, generator=source, device=self.device) < 0.5).view(n, 1, 1, 1)
            clean = torch.where(mirrored, clean.flip(-1), clean)
            face = None if face is None else torch.where(mirrored, face.flip(-1), face)
        found = apply_degradation(self.degradation, clean, FreshDraw(n, source), face)
        degraded = to_8bit(found.images).contiguous(memory_format=torch.channels_last)
        return Batch(degraded, clean, found.region, face, found.truth)

    def in_order(self, seed: int | None, batch: int = PART) -> Iterator[Batch]:
        """Give every image once, in order and unmirrored, degraded by draws of its own."""
        source = generator(seed, "fit", device=self.device)
        for indices in torch.arange(len(self), device=self.index_device).split(batch):
            yield self.batch(indices, source, flip=False)
