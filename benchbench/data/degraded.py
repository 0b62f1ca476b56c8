"""The validation and test sets, degraded once for all models and kept in the cache."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import torch
from safetensors import SafetensorError
from torch import Tensor
from torch.nn import functional

from .. import protocol
from ..contracts.applying import apply_degradation, finite_8bit
from ..contracts.degradation import Degradation, Degraded
from ..contracts.digests import source_digest
from ..contracts.model import Batch
from ..contracts.seeding import SeededDraw
from ..files import digest, load_tree, save_tree
from .prepared import PreparedDataset

FEW = 8  # images counted at once for a digest, to spare memory
CHUNK = 32  # images degraded at once for a fixed set; any value gives the same set


@dataclass(frozen=True)
class DegradedSet:
    """A fixed split, degraded once for all models. Images uint8 `(N, 3, H, W)`; masks bool `(N, 1, H, W)`."""

    ids: list[str]
    clean: Tensor
    degraded: Tensor
    region: Tensor | None
    face: Tensor | None
    truth: Mapping[str, Tensor]
    persons: Sequence[int] = ()
    """Of each image, equal for those of one person; empty where no two are known to show the same."""

    def __len__(self) -> int:
        return len(self.ids)

    def changed(self) -> DegradedSet:
        """Leave out the images that were not degraded; where that is all of them, as by `none`, they all stay."""
        rows = (self.clean != self.degraded).flatten(1).any(1).nonzero()[:, 0]
        if len(rows) in (0, len(self)):
            return self
        region, face = (None if mask is None else mask[rows] for mask in (self.region, self.face))
        truth = {name: value[rows] for name, value in self.truth.items()}
        ids, persons = [self.ids[row] for row in rows], [self.persons[row] for row in rows] if self.persons else []
        return DegradedSet(ids, self.clean[rows], self.degraded[rows], region, face, truth, persons)

    def batch(self, rows: slice | list[int], device: torch.device) -> Batch:
        """Move some of the images to the device, as float32 in [0, 1]."""
        clean, degraded = (t[rows].to(device).float().div_(255) for t in (self.clean, self.degraded))
        degraded = degraded.contiguous(memory_format=torch.channels_last)
        region, face = (None if masks is None else masks[rows].to(device) for masks in (self.region, self.face))
        truth = {name: value[rows].to(device) for name, value in self.truth.items()}
        return Batch(degraded, clean, region, face, truth)

    @property
    def digest(self) -> str:
        """Digest of ids, clean images, and roughly what the degradation did: PSNR, means of each quarter.

        Equal digests mean that models are scored on the same: processors that round a level in a million otherwise
        share one, unless a figure lies at the edge of its last digit; other draws, codecs or parameters do not.
        """
        pairs = zip(self.clean.split(FEW), self.degraded.split(FEW), strict=True)
        squares = sum(int((clean.int() - degraded.int()).square().sum()) for clean, degraded in pairs)
        psnr = f"{10 * math.log10(255**2 * self.clean.numel() / squares):.2f}" if squares else ""
        levels = [f"{level:.1f}" for level in _quarters(self.degraded)]
        region = "" if self.region is None else [f"{share:.3f}" for share in _quarters(self.region)]
        return digest(self.ids, sha256(self.clean.contiguous().numpy().data).hexdigest(), psnr, levels, region)


def _quarters(images: Tensor) -> list[float]:
    """Means of each channel in each quarter of the images `(N, C, H, W)`."""
    sums = sum(functional.adaptive_avg_pool2d(some.double(), 2).sum(0) for some in images.split(FEW))
    return (sums / len(images)).flatten().tolist() if isinstance(sums, Tensor) else []


def degraded_set(dataset: PreparedDataset, split: str, degradation: Degradation, cache: Path) -> DegradedSet:
    """Degrade the validation or test split, once: the cache keeps it as 8-bit images.

    It depends on the data, the degradation and the protocol's seed alone. Test images that come out unchanged are left
    out. Raises TrialError as `degrade` does.
    """
    rows = dataset.indices(split)
    key = digest(dataset.fingerprint, split, degradation, source_digest(degradation), protocol.VERSION)
    path = cache / "degraded" / f"{key}.safetensors"
    try:
        kept = load_tree(path)
        ids, clean, face = _taken(dataset, rows)
        persons = dataset.persons_in(ids)
        found = DegradedSet(ids, clean, kept["degraded"], kept["region"], face, kept["truth"], persons)
    except (OSError, ValueError, SafetensorError):  # not there yet, damaged, or of an older form
        found = degrade(dataset, rows, degradation)
        save_tree(path, {"degraded": found.degraded, "region": found.region, "truth": found.truth})
    return found.changed() if split == "test" else found


def degrade(dataset: PreparedDataset, rows: list[int], degradation: Degradation) -> DegradedSet:
    """Degrade these images as a test set is degraded: by the protocol's draws for their ids, rounded to 8 bits.

    Raises TrialError for a degradation that gives a wrong shape or type, or a value that is not finite.
    """
    ids, clean, face = _taken(dataset, rows)
    parts = []
    for start in range(0, len(ids), CHUNK):
        some = slice(start, start + CHUNK)
        parts.append(_degrade(degradation, ids[some], clean[some], None if face is None else face[some]))
    regions = [part.region for part in parts if part.region is not None]
    return DegradedSet(
        ids,
        clean,
        torch.cat([part.images.mul(255).round().to(torch.uint8) for part in parts]),
        torch.cat(regions) if regions else None,
        face,
        {name: torch.cat([part.truth[name] for part in parts]) for name in parts[0].truth},
        dataset.persons_in(ids),
    )


def _taken(dataset: PreparedDataset, rows: list[int]) -> tuple[list[str], Tensor, Tensor | None]:
    masks = None if dataset.masks is None else dataset.masks[rows]
    return [dataset.ids[i] for i in rows], dataset.pixels[rows], masks


def _degrade(degradation: Degradation, ids: list[str], clean: Tensor, face: Tensor | None) -> Degraded:
    draw = SeededDraw(protocol.TEST_SEED, f"degrade:{degradation.name}", ids)
    degraded = apply_degradation(degradation, clean.float() / 255, draw, face)
    return Degraded(finite_8bit(degraded.images, degradation, ids), degraded.region, degraded.truth)


def psnr_of(restored: Tensor, clean: Tensor) -> float:
    """Compute the PSNR in dB of the mean squared error of a whole batch; for progress only, never for a board."""
    mse = float(((restored - clean) ** 2).mean())
    return -10 * math.log10(mse) if mse > 0 else math.inf
