"""The validation and test sets, degraded once for all models and kept in the cache."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import torch
from safetensors import SafetensorError
from torch import Tensor

from .. import protocol
from ..contracts.applying import apply_degradation, to_8bit
from ..contracts.degradation import Degradation, Degraded
from ..contracts.digests import source_digest
from ..contracts.seeding import SeededDraw
from ..errors import TrialError
from ..files import digest, load_tensors, save_tensors
from .prepared import PreparedDataset

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

    def __len__(self) -> int:
        return len(self.ids)

    def changed(self) -> DegradedSet:
        """Leave out the images that were not degraded; where that is all of them, as by `none`, they all stay."""
        rows = (self.clean != self.degraded).flatten(1).any(1).nonzero()[:, 0]
        if len(rows) in (0, len(self)):
            return self
        region, face = (None if mask is None else mask[rows] for mask in (self.region, self.face))
        truth = {name: value[rows] for name, value in self.truth.items()}
        return DegradedSet([self.ids[row] for row in rows], self.clean[rows], self.degraded[rows], region, face, truth)

    @property
    def digest(self) -> str:
        """Digest of ids, pixels and regions: equal digests mean that models meet, and are scored on, the same."""
        tensors = (self.clean, self.degraded, self.region, self.face)
        return digest(
            self.ids, *("" if t is None else sha256(t.contiguous().numpy().tobytes()).hexdigest() for t in tensors)
        )


def degraded_set(dataset: PreparedDataset, split: str, degradation: Degradation, cache: Path) -> DegradedSet:
    """Degrade the validation or test split, once: the cache keeps it as 8-bit images.

    It depends on the data, the degradation and the protocol's seed alone. Test images that come out unchanged are left
    out. Raises TrialError for a degradation that gives a wrong shape or a value that is not finite.
    """
    indices = dataset.indices(split)
    ids = [dataset.ids[i] for i in indices]
    clean, face = dataset.pixels[indices], None if dataset.masks is None else dataset.masks[indices]
    key = digest(dataset.fingerprint, split, degradation, source_digest(degradation), protocol.VERSION)
    path = cache / "degraded" / f"{key}.safetensors"
    try:
        tensors = load_tensors(path)
    except (OSError, SafetensorError):  # not there yet, or damaged
        tensors = _degrade_all(degradation, ids, clean, face)
        save_tensors(path, tensors)
    truth = {name.removeprefix("truth."): t for name, t in tensors.items() if name.startswith("truth.")}
    found = DegradedSet(ids, clean, tensors["degraded"], tensors.get("region"), face, truth)
    return found.changed() if split == "test" else found


def _degrade_all(degradation: Degradation, ids: list[str], clean: Tensor, face: Tensor | None) -> dict[str, Tensor]:
    chunks = [
        degrade_chunk(
            degradation, ids[i : i + CHUNK], clean[i : i + CHUNK], None if face is None else face[i : i + CHUNK]
        )
        for i in range(0, len(ids), CHUNK)
    ]
    tensors = {"degraded": torch.cat([s.images.mul(255).round().to(torch.uint8) for s in chunks])}
    if chunks[0].region is not None:
        tensors["region"] = torch.cat([s.region for s in chunks if s.region is not None])
    for name in chunks[0].truth:
        tensors[f"truth.{name}"] = torch.cat([s.truth[name] for s in chunks])
    return tensors


def degrade_chunk(degradation: Degradation, ids: list[str], clean: Tensor, face: Tensor | None) -> Degraded:
    """Degrade uint8 images by the protocol's draws for their ids, and round to 8 bits. Raises TrialError."""
    images = clean.float() / 255
    draw = SeededDraw(protocol.TEST_SEED, f"degrade:{degradation.name}", ids)
    degraded = apply_degradation(degradation, images, draw, face)
    bad = ~torch.isfinite(degraded.images).flatten(1).all(1)
    if bad.any():
        raise TrialError(f"{degradation} gave values that are not finite on {ids[int(bad.nonzero()[0])]}")
    if degraded.images.dtype != torch.float32:
        raise TrialError(f"{degradation} gave {degraded.images.dtype} images; they must be float32")
    return Degraded(to_8bit(degraded.images), degraded.region, degraded.truth)


def psnr_of(restored: Tensor, clean: Tensor) -> float:
    """Compute the PSNR in dB of the mean squared error of a whole batch; for progress only, never for a board."""
    mse = float(((restored - clean) ** 2).mean())
    return -10 * math.log10(mse) if mse > 0 else math.inf
