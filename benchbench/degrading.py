"""Degradations at work: confined to faces, in chains, finished to 8 bits, and the fixed degraded sets of a protocol."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import torch
from safetensors import SafetensorError
from torch import Tensor

from . import protocol
from .data import Portraits
from .errors import TrialError
from .files import digest, load_tensors, save_tensors
from .interfaces import Degradation, Degraded
from .seeding import Draw, SeededDraw
from .sources import source_digest

CHUNK = 32  # images degraded at once for a fixed set; any value gives the same set


@dataclass(frozen=True)
class Chain(Degradation):
    """Degradations one after another: `gaussian-blur+gaussian-noise` blurs, then adds noise to the blurred image."""

    parts: tuple[Degradation, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", "+".join(part.name for part in self.parts))

    def __str__(self) -> str:
        return "+".join(map(str, self.parts))

    def _members(self) -> tuple[Degradation, ...]:
        return self.parts

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        return act(self, clean, draw)

    def invert(self, degraded: Tensor, truth: Mapping[str, Tensor]) -> Tensor:
        for position, part in reversed(list(enumerate(self.parts))):
            prefix = f"{position}."
            own = {key.removeprefix(prefix): value for key, value in truth.items() if key.startswith(prefix)}
            degraded = part.invert(degraded, own)
        return degraded

    @property
    def has_oracle(self) -> bool:
        return all(part.has_oracle for part in self.parts)


def act(degradation: Degradation, clean: Tensor, draw: Draw, face: Tensor | None = None) -> Degraded:
    """Apply a degradation or a chain, confined to the face where it asks for that. `face` is bool `(N, 1, H, W)`."""
    if not isinstance(degradation, Chain):
        return _confine(degradation, clean, degradation.apply(clean.clone(), draw), face)  # it may work in place
    images, regions, truth = clean, [], dict[str, Tensor]()
    for position, part in enumerate(degradation.parts):
        step = act(part, images, draw, face)
        images = step.images.clamp(0, 1)
        regions.append(step.region)
        truth |= {f"{position}.{key}": value for key, value in step.truth.items()}
    known = [r for r in regions if r is not None]
    union = torch.stack(known).any(0) if len(known) == len(regions) else None
    return Degraded(images, union, truth)


def _confine(degradation: Degradation, clean: Tensor, degraded: Degraded, face: Tensor | None) -> Degraded:
    if not isinstance(degraded, Degraded):
        raise TrialError(f"{degradation.name}.apply must return Degraded(images), not {type(degraded).__name__}")
    masks = (len(clean), 1, *clean.shape[2:])
    if degraded.region is not None and (degraded.region.dtype != torch.bool or tuple(degraded.region.shape) != masks):
        shape = tuple(degraded.region.shape)
        raise TrialError(f"{degradation.name}: its region is {degraded.region.dtype} {shape}, not bool {masks}")
    for name, value in degraded.truth.items():
        if not isinstance(value, Tensor) or value.shape[:1] != clean.shape[:1]:
            raise TrialError(f"{degradation.name}: truth[{name!r}] must be a tensor of {len(clean)} rows")
    if degraded.images.shape != clean.shape:
        raise TrialError(f"{degradation.name} turned {tuple(clean.shape)} into {tuple(degraded.images.shape)}")
    if degradation.region == "image":
        return degraded
    if face is None:
        raise TrialError(f"{degradation}: region={degradation.region} needs face masks, and this data set has none")
    where = face if degradation.region == "face" else bounding_box(face)
    region = where if degraded.region is None else where & degraded.region
    return Degraded(torch.where(where, degraded.images, clean), region, degraded.truth)


def needs_masks(degradation: Degradation) -> bool:
    """Whether a degradation, or a part of a chain, is confined to the face."""
    return any(getattr(part, "region", "image") != "image" for part in degradation._members())


def bounding_box(mask: Tensor) -> Tensor:
    """The smallest upright rectangle that holds each mask of bool `(N, 1, H, W)`, as a mask of the same shape."""
    rows, columns = mask.any(3, keepdim=True), mask.any(2, keepdim=True)  # (N,1,H,1), (N,1,1,W)

    def span(line: Tensor, axis: int) -> Tensor:
        forward = line.cumsum(axis) > 0
        backward = line.flip(axis).cumsum(axis).flip(axis) > 0
        return forward & backward

    return span(rows, 2) & span(columns, 3)


def finish(images: Tensor) -> Tensor:
    """Degraded images as a camera or file would hold them: clamped to [0, 1] and rounded to 8 bits, still float32."""
    return images.clamp(0, 1).mul(255).round_().div_(255)


@dataclass(frozen=True)
class Pairs:
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


def degraded_set(portraits: Portraits, split: str, degradation: Degradation, cache: Path) -> Pairs:
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
    return Pairs(ids, clean, tensors["degraded"], tensors.get("region"), face, truth)


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
    degraded = act(degradation, images, draw, face)
    bad = ~torch.isfinite(degraded.images).flatten(1).all(1)
    if bad.any():
        raise TrialError(f"{degradation} gave values that are not finite on {ids[int(bad.nonzero()[0])]}")
    if degraded.images.dtype != torch.float32:
        raise TrialError(f"{degradation} gave {degraded.images.dtype} images; they must be float32")
    return Degraded(finish(degraded.images), degraded.region, degraded.truth)


def psnr_of(restored: Tensor, clean: Tensor) -> float:
    """PSNR in dB of the mean squared error over a whole batch; for progress only, never for a board."""
    mse = float(((restored - clean) ** 2).mean())
    return -10 * math.log10(mse) if mse > 0 else math.inf
