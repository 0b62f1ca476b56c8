"""Images as batches on the device: the training split, degraded afresh each time, and rows of a fixed degraded set."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from .data import Portraits
from .degrading import Pairs, act, finish
from .interfaces import Batch, Degradation
from .seeding import FreshDraw, generator


class TrainingSet:
    """The training split, on the device as uint8; batches are gathered, mirrored, scaled and degraded there."""

    def __init__(self, portraits: Portraits, degradation: Degradation, device: torch.device) -> None:
        indices = portraits.indices("train")
        self.pixels = portraits.pixels[indices].to(device)
        self.faces = None if portraits.masks is None else portraits.masks[indices].to(device)
        self.degradation, self.device = degradation, device

    def __len__(self) -> int:
        return len(self.pixels)

    def statistics(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Mean and standard deviation of each channel, in [0, 1]."""
        levels = torch.arange(256, dtype=torch.float64)
        mean, std = [], []
        for channel in self.pixels.unbind(1):
            counts = torch.bincount(channel.flatten(), minlength=256).double().cpu()
            average = float((counts * levels).sum() / counts.sum())
            mean.append(average / 255)
            std.append(math.sqrt(float((counts * (levels - average) ** 2).sum() / counts.sum())) / 255)
        return tuple(mean), tuple(std)

    def batch(self, indices: Tensor, source: torch.Generator, flip: bool) -> Batch:
        """The images at `indices`, degraded by fresh draws from `source`."""
        n = len(indices)
        clean = self.pixels[indices].float().div_(255)
        face = None if self.faces is None else self.faces[indices]
        if flip:
            mirrored = (torch.rand(n, generator=source, device=self.device) < 0.5).view(n, 1, 1, 1)
            clean = torch.where(mirrored, clean.flip(-1), clean)
            face = None if face is None else torch.where(mirrored, face.flip(-1), face)
        step = act(self.degradation, clean, FreshDraw(n, source), face)
        degraded = finish(step.images).contiguous(memory_format=torch.channels_last)
        return Batch(degraded, clean, step.region, face, step.truth)

    def once(self, seed: int | None, batch: int = 32) -> Iterator[Batch]:
        """Every image once, in order and unmirrored, degraded by draws of its own."""
        source = generator(seed, "fit", device=self.device)
        for indices in torch.arange(len(self), device=self.device).split(batch):
            yield self.batch(indices, source, flip=False)


def validation_batch(pairs: Pairs, rows: slice, device: torch.device) -> Batch:
    """Rows of a fixed degraded set as float images on the device."""

    def on_device(tensor: Tensor | None) -> Tensor | None:
        return None if tensor is None else tensor[rows].to(device)

    clean, degraded = (t[rows].to(device).float().div_(255) for t in (pairs.clean, pairs.degraded))
    truth = {name: t[rows].to(device) for name, t in pairs.truth.items()}
    return Batch(
        degraded.contiguous(memory_format=torch.channels_last),
        clean,
        on_device(pairs.region),
        on_device(pairs.face),
        truth,
    )
