"""What may be wrong with a data set: one person in two splits, copies, and images that show no face in detail.

All of it is a suspicion, for a person to look at: `sheets` draws the images that are suspected.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..contracts.dataset import Dataset, Images
from ..images import as_bytes, tiled
from . import images as checks
from .detail import is_enlarged, is_grey
from .faces import find_faces
from .landmarks import face_descriptors, missing_faces

SAME_PERSON = 0.4
"""Descriptors nearer than that are suspected to be of one person."""
PART = 16  # images looked at at once
ROWS = 40  # at most, of a sheet

Tell = Callable[[str, int, int], object]
"""Is told what is looked for, and in how many of how many images it was."""


@dataclass(frozen=True)
class Pair:
    """Two images that may show one person, or be one picture."""

    first: str
    second: str
    splits: tuple[str, str]
    distance: float | None = None
    """Between the descriptors of their faces, where that is why they are suspected."""

    @property
    def leaks(self) -> bool:
        """Whether they lie in two splits: then what a model trained on is what it is tested on."""
        return self.splits[0] != self.splits[1]


@dataclass(frozen=True)
class Audit:
    """What was found. Images are called by their ids."""

    label: str
    size: int
    images: int
    splits: dict[str, int]
    persons: Sequence[Pair]
    """Likely one person, in two splits, nearest first: not known to be one, nor copies."""
    duplicates: Sequence[Pair]
    """Near-duplicates; they share a split unless splits are official."""
    enlarged: Sequence[str]
    """Images without the detail of their size: they were enlarged, or are blurred."""
    grey: Sequence[str]
    faceless: Sequence[str]
    skipped: Sequence[tuple[str, str]]
    remarks: Sequence[str]
    """What could not be looked for, and why."""

    @property
    def is_clean(self) -> bool:
        """Whether nothing is suspected."""
        return not (self.persons or self.duplicates or self.enlarged or self.grey or self.faceless)


def load(dataset: Dataset, size: int) -> Images:
    """Load a data set and hold it against the contract, but for the number of its images. Raises DataError."""
    images = dataset.load(size)
    for check in (checks.check_pixels, checks.check_masks):
        check(images, size, dataset)
    for check_names in (checks.check_ids, checks.check_columns):
        check_names(images, dataset)
    return images


def audit(images: Images, label: str, tell: Tell = lambda *_: None) -> Audit:
    """Look for what may be wrong with the images of a data set; the time is that of finding the faces.

    Without the extra `faces` no persons are looked for, and faces by a detector that misses more of them.
    """
    tell("looking for near-duplicates", 0, 1)
    copies = checks.copies_of(images)
    splits = checks.splits_of(images, copies)
    found = torch.cat(list(_faces(images.pixels, tell)))
    ids, missing = images.ids, missing_faces()
    enlarged = torch.cat([is_enlarged(pixels) for pixels in images.pixels.split(PART)])
    return Audit(
        label=label,
        size=images.pixels.shape[-1],
        images=len(ids),
        splits={split: Counter(splits)[split] for split in checks.SPLITS},
        persons=[] if missing else list(_persons(images, splits, found, set(copies))),
        duplicates=[Pair(ids[i], ids[j], (splits[i], splits[j])) for i, j in copies],
        enlarged=[ids[i] for i in enlarged.nonzero()[:, 0].tolist()],
        grey=[ids[i] for i in is_grey(images.pixels).nonzero()[:, 0].tolist()],
        faceless=[ids[i] for i in found.isnan().all(1).nonzero()[:, 0].tolist()],
        skipped=list(images.skipped),
        remarks=[f"persons: {missing}; faces were found by OpenCV's cascade, which misses some"] if missing else [],
    )


def _faces(pixels: Tensor, tell: Tell) -> Iterator[Tensor]:
    """Describe the face in each image, `(n, D)`, NaN where there is none; without the extra, 0 where there is one."""
    by_dlib = missing_faces() is None
    for start in range(0, len(pixels), PART):
        some = pixels[start : start + PART]
        tell("looking for faces", start, len(pixels))
        if by_dlib:
            yield face_descriptors(some.float() / 255)
        else:
            yield torch.tensor([[0.0] if find_faces(picture) else [torch.nan] for picture in as_bytes(some)])


def _persons(images: Images, splits: Sequence[str], faces: Tensor, copies: set[tuple[int, int]]) -> list[Pair]:
    """List the pairs of images in two splits whose faces are alike, nearest first."""
    persons, found = images.identities or images.ids, list[tuple[float, int, int]]()
    number = {split: n for n, split in enumerate(checks.SPLITS)}
    split_of = torch.tensor([number[split] for split in splits])
    for start in range(0, len(faces), 512):
        distances = torch.cdist(faces[start : start + 512], faces)  # NaN where there is no face
        apart = split_of[start : start + 512, None] != split_of
        for i, j in ((distances < SAME_PERSON) & apart).nonzero().tolist():
            pair = i + start, j
            if pair[0] < j and persons[pair[0]] != persons[j] and pair not in copies:
                found.append((float(distances[i, j]), *pair))
    return [Pair(images.ids[i], images.ids[j], (splits[i], splits[j]), round(d, 3)) for d, i, j in sorted(found)]


def sheets(audit: Audit, images: Images) -> Iterator[tuple[str, bytes]]:
    """Draw what is suspected: file name and PNG of each kind, pairs side by side, and of many the first."""
    row_of = {name: row for row, name in enumerate(images.ids)}

    def shown(names: Sequence[str]) -> list[np.ndarray]:
        return list(as_bytes(images.pixels[[row_of[name] for name in names]]))

    for kind, pairs in (("persons", audit.persons[:ROWS]), ("duplicates", audit.duplicates[:ROWS])):
        if pairs:
            left = [f"{p.first}\n{p.second}\n{p.splits[0]}, {p.splits[1]}" for p in pairs]
            yield f"{kind}.png", tiled([shown([pair.first, pair.second]) for pair in pairs], left)
    for kind, names in (("enlarged", audit.enlarged), ("grey", audit.grey), ("faceless", audit.faceless)):
        rows = [list(names[start : start + 4]) for start in range(0, min(len(names), 4 * ROWS), 4)]
        if rows:
            yield f"{kind}.png", tiled([shown(row) for row in rows], ["\n".join(row) for row in rows])
