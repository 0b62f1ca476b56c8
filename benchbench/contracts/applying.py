"""Degradations applied: in chains, confined to faces, rounded to 8 bits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import TrialError
from .degradation import Degradation, Degraded
from .seeding import Draw


@dataclass(frozen=True)
class Chain(Degradation):
    """Degradations one after another: `gaussian-blur+gaussian-noise` blurs, then adds noise to the blurred image."""

    parts: tuple[Degradation, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", "+".join(part.name for part in self.parts))
        object.__setattr__(self, "degrades", any(part.degrades for part in self.parts))

    def __str__(self) -> str:
        return "+".join(map(str, self.parts))

    def _members(self) -> tuple[Degradation, ...]:
        return self.parts

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        return apply_degradation(self, clean, draw)

    def invert(self, degraded: Tensor, truth: Mapping[str, Tensor]) -> Tensor:
        for position, part in reversed(list(enumerate(self.parts))):
            prefix = f"{position}."
            own = {key.removeprefix(prefix): value for key, value in truth.items() if key.startswith(prefix)}
            degraded = part.invert(degraded, own)
        return degraded

    @property
    def has_oracle(self) -> bool:
        return all(part.has_oracle for part in self.parts)


def apply_degradation(degradation: Degradation, clean: Tensor, draw: Draw, face: Tensor | None = None) -> Degraded:
    """Apply a degradation or a chain to `(N, C, H, W)`, confined to the face, bool `(N, 1, H, W)`, where it says so.

    Raises TrialError for a degradation that breaks its contract, or that needs a face mask where there is none.
    """
    if not isinstance(degradation, Chain):
        return _confine(degradation, clean, degradation.apply(clean.clone(), draw), face)  # it may work in place
    images, regions, truth = clean, [], dict[str, Tensor]()
    for position, part in enumerate(degradation.parts):
        degraded = apply_degradation(part, images, draw, face)
        images = degraded.images.clamp(0, 1)
        regions.append(degraded.region)
        truth |= {f"{position}.{key}": value for key, value in degraded.truth.items()}
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
    """Tell whether a degradation, or a part of a chain, is confined to the face."""
    return any(part.region != "image" for part in degradation._members() if isinstance(part, Degradation))


def bounding_box(mask: Tensor) -> Tensor:
    """Fill the smallest upright rectangle that holds each mask, bool `(N, 1, H, W)`; returns masks of that shape."""
    rows, columns = mask.any(3, keepdim=True), mask.any(2, keepdim=True)  # (N,1,H,1), (N,1,1,W)

    def span(line: Tensor, axis: int) -> Tensor:
        return (line.cumsum(axis) > 0) & (line.flip(axis).cumsum(axis).flip(axis) > 0)

    return span(rows, 2) & span(columns, 3)


def to_8bit(images: Tensor) -> Tensor:
    """Clamp images to [0, 1] and round them to 8 bits, as a file would hold them; they stay float32."""
    return images.clamp(0, 1).mul(255).round_().div_(255)
