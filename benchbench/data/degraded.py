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

    @property
    def digest(self) -> str:
        """Of ids, pixels and regions: equal where every model meets, and is scored on, the same."""
        tensors = (self.clean, self.degraded, self.region, self.face)
        return digest(
            self.ids, *("" if t is None else sha256(t.contiguous().numpy().tobytes()).hexdigest() for t in tensors)
        )


def degraded_set(portraits: PreparedDataset, split: str, degradation: Degradation, cache: Path) -> DegradedSet:
    """The validation or test split, degraded; made once and kept in the cache as 8-bit images.

    It depends on the data, the degradation and the protocol's seed alone. Raises TrialError if the degradation gives
    a wrong shape or a value that is not finite.
    """
    indices = portraits.indices(split)
    ids = [portraits.ids[i] for i in indices]
    clean, face = portraits.pixels[indices], None if portraits.masks is None else portraits.masks[indices]
    key = digest(portraits.fingerprint, split, degradation, source_digest(degradation), protocol.VERSION)
    path = cache / "degraded" / f"{key}.safetensors"
    try:
        tensors = load_tensors(path)
    except (OSError, SafetensorError):  # not there yet, or damaged
        tensors = _degrade_all(degradation, ids, clean, face)
        save_tensors(path, tensors)
    truth = {name.removeprefix("truth."): t for name, t in tensors.items() if name.startswith("truth.")}
    return DegradedSet(ids, clean, tensors["degraded"], tensors.get("region"), face, truth)


def _degrade_all(degradation: Degradation, ids: list[str], clean: Tensor, face: Tensor | None) -> dict[str, Tensor]:
    steps = [
        degrade_chunk(
            degradation, ids[i : i + CHUNK], clean[i : i + CHUNK], None if face is None else face[i : i + CHUNK]
        )
        for i in range(0, len(ids), CHUNK)
    ]
    tensors = {"degraded": torch.cat([s.images.mul(255).round().to(torch.uint8) for s in steps])}
    if steps[0].region is not None:
        tensors["region"] = torch.cat([s.region for s in steps if s.region is not None])
    for name in steps[0].truth:
        tensors[f"truth.{name}"] = torch.cat([s.truth[name] for s in steps])
    return tensors


def degrade_chunk(degradation: Degradation, ids: list[str], clean: Tensor, face: Tensor | None) -> Degraded:
    """uint8 images degraded by the protocol's draws for their ids, finished. Raises TrialError."""
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
    """PSNR in dB of the mean squared error over a whole batch; for progress only, never for a board."""
    mse = float(((restored - clean) ** 2).mean())
    return -10 * math.log10(mse) if mse > 0 else math.inf
