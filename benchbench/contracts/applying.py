"""Degradations applied: in chains, by chance, confined to faces, rounded to 8 bits."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import TrialError
from . import specs
from .degradation import Degradation, Degraded
from .seeding import Draw


@dataclass(frozen=True)
class Composite(Degradation, ABC):
    """Degradations made of others, which come with the face that some of them are confined to."""

    parts: tuple[Degradation, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self._written([part.name for part in self.parts]))
        object.__setattr__(self, "degrades", any(part.degrades for part in self.parts))

    def _spec(self, *, defaults: bool = False) -> str:
        return self._written([part._spec(defaults=defaults) for part in self.parts])

    def _members(self) -> tuple[Degradation, ...]:
        return tuple(m for part in self.parts for m in part._members() if isinstance(m, Degradation))

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        return self.compose(clean, draw, None)

    @abstractmethod
    def compose(self, clean: Tensor, draw: Draw, face: Tensor | None) -> Degraded:
        """Apply the parts to `(N, C, H, W)`, with the face, bool `(N, 1, H, W)`, for those that are confined to it."""

    @abstractmethod
    def _written(self, parts: list[str]) -> str:
        """Write the spec, or the name, from those of the parts."""


class Chain(Composite):
    """Degradations one after another: `gaussian-blur+gaussian-noise` blurs, then adds noise to the blurred image.

    >>> from dataclasses import dataclass
    >>> from benchbench import Chain, Degradation, Degraded
    >>> @dataclass(frozen=True)
    ... class Negative(Degradation):
    ...     "Dark for light."
    ...     name = "negative"
    ...     def apply(self, clean, draw):
    ...         return Degraded(1 - clean)
    >>> print(Chain((Negative(), Negative())))
    negative+negative
    """

    def _written(self, parts: list[str]) -> str:
        return "+".join(parts)

    def compose(self, clean: Tensor, draw: Draw, face: Tensor | None) -> Degraded:
        images, regions, truth = clean, [], dict[str, Tensor]()
        for position, part in enumerate(self.parts):
            degraded = apply_degradation(part, images, draw, face)
            images = degraded.images.clamp(0, 1)
            regions.append(degraded.region)
            truth |= {f"{position}.{key}": value for key, value in degraded.truth.items()}
        known = [r for r in regions if r is not None]
        union = torch.stack(known).any(0) if len(known) == len(regions) else None
        return Degraded(images, union, truth)

    def invert(self, degraded: Tensor, truth: Mapping[str, Tensor]) -> Tensor:
        for position, part in reversed(list(enumerate(self.parts))):
            prefix = f"{position}."
            own = {key.removeprefix(prefix): value for key, value in truth.items() if key.startswith(prefix)}
            degraded = part.invert(degraded, own)
        return degraded

    @property
    def has_oracle(self) -> bool:
        return all(part.has_oracle for part in self.parts)


class Shuffled(Composite):
    """Degradations in an order that each image draws for itself: `gaussian-noise~jpeg`.

    The truth has the `order` (N, parts): the numbers of the parts as they came. What the parts drew is not told.

    >>> from dataclasses import dataclass
    >>> from benchbench import Shuffled, Degradation, Degraded
    >>> @dataclass(frozen=True)
    ... class Negative(Degradation):
    ...     "Dark for light."
    ...     name = "negative"
    ...     def apply(self, clean, draw):
    ...         return Degraded(1 - clean)
    >>> print(Shuffled((Negative(), Negative())))
    negative~negative
    """

    def _written(self, parts: list[str]) -> str:
        return "~".join(parts)

    def compose(self, clean: Tensor, draw: Draw, face: Tensor | None) -> Degraded:
        order, images = draw.uniform(shape=(len(self.parts),)).argsort(1), clean.clone()
        for place in order.unbind(1):
            for number, part in enumerate(self.parts):
                apply_to(place == number, part, images, draw, face)
        return Degraded(images, truth={"order": order})


@dataclass(frozen=True)
class Sometimes(Composite):
    """A degradation that strikes each image with a probability: `30%jpeg`.

    The truth has `struck` (N,), bool. What the part drew is not told.

    >>> from dataclasses import dataclass
    >>> from benchbench import Sometimes, Degradation, Degraded
    >>> @dataclass(frozen=True)
    ... class Negative(Degradation):
    ...     "Dark for light."
    ...     name = "negative"
    ...     def apply(self, clean, draw):
    ...         return Degraded(1 - clean)
    >>> print(Sometimes((Negative(),), probability=0.3))
    30%negative
    """

    probability: float = 1.0

    def _written(self, parts: list[str]) -> str:
        return f"{100 * self.probability:.10g}%{parts[0]}"

    def compose(self, clean: Tensor, draw: Draw, face: Tensor | None) -> Degraded:
        struck, images = draw.uniform() < self.probability, clean.clone()
        apply_to(struck, self.parts[0], images, draw, face)
        return Degraded(images, truth={"struck": struck})


def apply_to(chosen: Tensor, degradation: Degradation, images: Tensor, draw: Draw, face: Tensor | None) -> None:
    """Apply a degradation, in place, to the images, `(N, C, H, W)`, that are chosen, bool `(N,)`; and clamp these."""
    index = chosen.nonzero()[:, 0]
    if not len(index):
        return
    own = None if face is None else face[index]
    degraded = apply_degradation(degradation, images[index], draw.rows(index), own)
    images.index_copy_(0, index, degraded.images.clamp(0, 1))


def chain_of(text: str, resolve: Callable[[str], Degradation]) -> Degradation:
    """Make the degradation that a spec such as `a~30%b+c` says; `resolve` makes each part. Raises SpecError."""

    def part_of(text: str) -> Degradation:
        probability, spec = specs.split_probability(text)
        part = resolve(spec)
        return part if probability == 1 else Sometimes((part,), probability=probability)

    links = []
    for link in specs.split_chain(text):
        parts = tuple(map(part_of, specs.split_chain(link, "~")))
        links.append(parts[0] if len(parts) == 1 else Shuffled(parts))
    return links[0] if len(links) == 1 else Chain(tuple(links))


def apply_degradation(degradation: Degradation, clean: Tensor, draw: Draw, face: Tensor | None = None) -> Degraded:
    """Apply a degradation or a chain to `(N, C, H, W)`, confined to the face, bool `(N, 1, H, W)`, where it says so.

    Raises TrialError for a degradation that breaks its contract, or that needs a face mask where there is none.
    """
    if isinstance(degradation, Composite):
        return degradation.compose(clean, draw, face)
    return _confine(degradation, clean, degradation.apply(clean.clone(), draw), face)  # it may work in place


def _confine(degradation: Degradation, clean: Tensor, degraded: Degraded, face: Tensor | None) -> Degraded:
    if not isinstance(degraded, Degraded):
        raise TrialError(f"{degradation.name}.apply must return Degraded(images), not {type(degraded).__name__}")
    dtype = getattr(degraded.images, "dtype", None)
    if not isinstance(degraded.images, Tensor) or dtype != clean.dtype:
        found = dtype if isinstance(degraded.images, Tensor) else type(degraded.images).__name__
        raise TrialError(f"{degradation.name} gave {found} images; they must be {clean.dtype}, as those given")
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


def finite_8bit(images: Tensor, degradation: Degradation, names: Sequence[str]) -> Tensor:
    """Round degraded images `(N, C, H, W)` to 8 bits. Raises TrialError for a value that is not finite."""
    bad = ~torch.isfinite(images).flatten(1).all(1)
    if bad.any():
        raise TrialError(f"{degradation} gave values that are not finite on {names[int(bad.nonzero()[0])]}")
    return to_8bit(images)
