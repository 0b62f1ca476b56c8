"""Prepared data sets: images decoded once into a memory-mapped uint8 cache."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .. import protocol
from ..contracts.applying import needs_masks
from ..contracts.dataset import Dataset, Images
from ..contracts.degradation import Degradation
from ..contracts.digests import source_digest
from ..files import digest, fresh_folder, read_json, write_json
from .images import (
    SPLITS,
    check_images,
    check_splits,
    copies_of,
    fingerprint_of,
    first_of_group,
    numbered,
    plain,
    splits_of,
)


@dataclass(frozen=True)
class PreparedDataset:
    """A prepared data set of one size."""

    label: str
    spec: str
    size: int
    fingerprint: str
    """Digest of ids, pixels, masks and splits: equal data, equal fingerprint, wherever it came from."""
    ids: list[str]
    pixels: Tensor
    """uint8 `(n, 3, size, size)`, memory-mapped."""
    masks: Tensor | None
    """bool `(n, 1, size, size)`, memory-mapped."""
    attributes: Mapping[str, Sequence[Any]]
    splits: list[str]
    skipped: list[tuple[str, str]]
    persons: Sequence[int] = ()
    """The number of the person in each image; empty where the data set does not know them."""
    copies: int = 0
    """Images that repeat an earlier one, or nearly; they share its split unless the splits are official."""
    folder: Path = Path()
    """Where it lies in the cache."""

    def indices(self, split: str) -> list[int]:
        """List the positions of the images of a split."""
        return [i for i, s in enumerate(self.splits) if s == split]

    def persons_in(self, ids: Sequence[str]) -> list[int]:
        """Number the persons in some images; empty where no two of them are known to show the same."""
        known = dict(zip(self.ids, self.persons, strict=False))  # a data set that knows no persons has none
        found = numbered(known[name] for name in ids) if known else []
        return found if len(set(found)) < len(found) else []

    def lacking(self, degradation: Degradation) -> str | None:
        """Say that these images lack the face masks that a degradation needs, or None."""
        if self.masks is None and needs_masks(degradation):
            return f"{degradation} needs face masks, which {self.label} lacks"
        return None

    def counts(self) -> dict[str, int]:
        """Count the images of each split."""
        return {split: self.splits.count(split) for split in SPLITS}


def prepared_folder(dataset: Dataset, size: int, cache: Path) -> Path:
    """Name the folder of the cache that holds the data set at this size, or will."""
    return cache / "data" / digest(dataset, size, source_digest(dataset), protocol.VERSION)


def load_if_whole(folder: Path) -> PreparedDataset | None:
    """Load the data set in a folder that `prepared_folder` named; None unless it is there, whole."""
    try:
        return load(folder)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def prepare(dataset: Dataset, size: int, cache: Path) -> Path:
    """Prepare the data set at this size, unless the cache holds it; returns its folder. Raises DataError."""
    folder = prepared_folder(dataset, size, cache)
    if not load_if_whole(folder):
        images = dataset.load(size)
        check_images(images, size, dataset)
        copies = copies_of(images)
        check_splits(images, dataset, copies)
        if folder.is_dir() and not (folder / "meta.json").exists():  # something cleaned the cache file by file
            shutil.rmtree(folder)
        with fresh_folder(folder) as partial:
            _write_arrays(partial, images)
            write_json(partial / "meta.json", _meta(dataset, size, images, copies))
    return folder


def find_prepared(fingerprint: str, cache: Path) -> Path | None:
    """Find the data set of that fingerprint in the cache, wherever it came from; returns its folder, or None."""
    for meta in sorted(cache.glob("data/*/meta.json")):
        found = load_if_whole(meta.parent)
        if found and found.fingerprint == fingerprint:
            return meta.parent
    return None


def _write_arrays(folder: Path, images: Images) -> None:
    np.save(folder / "pixels.npy", images.pixels.contiguous().numpy())
    if images.masks is not None:
        np.save(folder / "masks.npy", images.masks.contiguous().numpy())


def _meta(dataset: Dataset, size: int, images: Images, copies: Sequence[tuple[int, int]]) -> dict[str, Any]:
    splits = splits_of(images, copies)
    return {
        "label": dataset.label,
        "spec": str(dataset),
        "size": size,
        "fingerprint": fingerprint_of(images, splits),
        "ids": list(images.ids),
        "attributes": {column: [plain(v) for v in values] for column, values in images.attributes.items()},
        "splits": splits,
        "skipped": [list(pair) for pair in images.skipped],
        "persons": numbered(images.identities or ()),
        "copies": sum(i != first for i, first in enumerate(first_of_group(len(splits), copies))),
    }


def load(folder: Path) -> PreparedDataset:
    """Load the data set in a folder that `prepare` made; its images stay on disk until they are used."""
    meta = read_json(folder / "meta.json")
    masks = folder / "masks.npy"
    return PreparedDataset(
        **{**meta, "skipped": [tuple(pair) for pair in meta["skipped"]]},
        pixels=torch.from_numpy(np.load(folder / "pixels.npy", mmap_mode="c")),
        masks=torch.from_numpy(np.load(masks, mmap_mode="c")) if masks.exists() else None,
        folder=folder,
    )
