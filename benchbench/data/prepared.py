"""Prepared data sets: images decoded once into a memory-mapped uint8 cache, split by a hash, with a fingerprint."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .. import protocol
from ..contracts.dataset import Dataset, Images
from ..contracts.digests import source_digest
from ..contracts.seeding import derive
from ..errors import DataError
from ..files import digest, fresh_folder, read_json, write_json

SPLITS = ("train", "validation", "test")


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
    folder: Path = Path()
    """Where it lies in the cache."""

    def indices(self, split: str) -> list[int]:
        """Positions of the images of a split."""
        return [i for i, s in enumerate(self.splits) if s == split]

    def counts(self) -> dict[str, int]:
        """Number of images of each split."""
        found = Counter(self.splits)
        return {split: found[split] for split in SPLITS}


def split_of(name: str) -> str:
    """The split of an image (or person) by a hash of its name, so that adding images moves none."""
    position = derive("split", name) / 2**63
    if position < protocol.TRAIN:
        return "train"
    return "validation" if position < protocol.TRAIN + protocol.VALIDATION else "test"


def place(dataset: Dataset, size: int, cache: Path) -> Path:
    """The folder of the cache that holds the data set at this size, or will."""
    return cache / "data" / digest(dataset, size, dataset.version(), source_digest(dataset), protocol.VERSION)


def load_if_whole(folder: Path) -> PreparedDataset | None:
    """Load the data set in a folder that `place` named; None unless it is there, whole."""
    try:
        return load(folder)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def prepare(dataset: Dataset, size: int, cache: Path) -> Path:
    """The folder in the cache that holds the data set at this size, decoded now if need be. Raises DataError."""
    folder = place(dataset, size, cache)
    if not load_if_whole(folder):
        images = checked(dataset.load(size), size, dataset)
        if folder.is_dir() and not (folder / "meta.json").exists():  # something cleaned the cache file by file
            shutil.rmtree(folder)
        with fresh_folder(folder) as partial:
            _write(partial, dataset, size, images)
    return folder


def find_prepared(fingerprint: str, cache: Path) -> Path | None:
    """The folder with the data set of that fingerprint, if the cache holds it, wherever it came from."""
    for meta in sorted(cache.glob("data/*/meta.json")):
        try:
            if read_json(meta)["fingerprint"] == fingerprint and load_if_whole(meta.parent):
                return meta.parent
        except (OSError, ValueError, KeyError, TypeError):  # damaged, or being written or removed
            continue
    return None


def checked(images: Images, size: int, dataset: Dataset) -> Images:
    """`images` if they keep the contract. Raises DataError naming what does not."""
    check_pixels(images, size, dataset)
    check_masks(images, size, dataset)
    check_ids(images, dataset)
    check_columns(images, dataset)
    check_splits(images, dataset)
    return images


def check_pixels(images: Images, size: int, dataset: Dataset) -> None:
    """Raises DataError unless the pixels are a uint8 tensor of one RGB square an id."""
    wanted = (len(images.ids), 3, size, size)
    if not isinstance(images.pixels, Tensor):
        raise DataError(f"{dataset.label}: pixels are {type(images.pixels).__name__}, not a uint8 tensor")
    if images.pixels.dtype != torch.uint8 or tuple(images.pixels.shape) != wanted:
        raise DataError(
            f"{dataset.label}: pixels are {images.pixels.dtype} {tuple(images.pixels.shape)}, "
            f"not uint8 {wanted} for {len(images.ids)} ids"
        )


def check_masks(images: Images, size: int, dataset: Dataset) -> None:
    """Raises DataError unless the face masks, if there are any, are bool and of one channel an image."""
    masks, wanted = images.masks, (len(images.ids), 1, size, size)
    if masks is not None and (masks.dtype != torch.bool or tuple(masks.shape) != wanted):
        raise DataError(f"{dataset.label}: masks are {masks.dtype} {tuple(masks.shape)}, not bool {wanted}")


def check_ids(images: Images, dataset: Dataset) -> None:
    """Raises DataError unless the ids are unique texts that can be written as UTF-8."""
    for name, count in Counter(images.ids).items():
        if not isinstance(name, str) or name != name.encode(errors="ignore").decode():
            raise DataError(f"{dataset.label}: the id {name!r} is no text that can be written as UTF-8")
        if count > 1:
            raise DataError(f"{dataset.label}: the id '{name}' stands for more than one image")


def check_columns(images: Images, dataset: Dataset) -> None:
    """Raises DataError unless attributes, identities and splits have one value an image."""
    for column, values in {**images.attributes, "identities": images.identities, "splits": images.splits}.items():
        if values is not None and len(values) != len(images.ids):
            raise DataError(f"{dataset.label}: {column} has {len(values)} values for {len(images.ids)} images")


def check_splits(images: Images, dataset: Dataset) -> None:
    """Raises DataError for a split that nobody knows, or too few images in one."""
    if images.splits and (strange := set(images.splits) - set(SPLITS)):
        raise DataError(f"{dataset.label}: '{strange.pop()}' is no split (they are {', '.join(SPLITS)})")
    counts = Counter(_splits(images))
    few = [f"{s} has {counts[s]}, needs {least}" for s, least in protocol.SMALLEST_SPLIT.items() if counts[s] < least]
    if few:
        why = "; ".join(dict.fromkeys(reason for _, reason in images.skipped[:3]))
        left_out = f" ({len(images.skipped)} were skipped: {why})" if images.skipped else ""
        raise DataError(f"{dataset.label}: too few usable images, {len(images.ids)} in all{left_out}: {', '.join(few)}")


def _splits(images: Images) -> list[str]:
    """The split of each image; copies of one image follow the first of them, or training would hold test images."""
    if images.splits is not None:
        return list(images.splits)
    names = list(images.identities or images.ids)
    first: dict[bytes, str] = {}
    pixels = images.pixels.contiguous().numpy()
    return [split_of(first.setdefault(_row_digest(row), name)) for row, name in zip(pixels, names, strict=True)]


def _row_digest(pixels: np.ndarray) -> bytes:
    return hashlib.blake2b(pixels.tobytes(), digest_size=16).digest()


def _fingerprint(images: Images, splits: list[str]) -> str:
    whole = hashlib.sha256(json.dumps([list(images.ids), splits]).encode())
    whole.update(np.ascontiguousarray(images.pixels.numpy()).data)
    if images.masks is not None:
        whole.update(np.packbits(images.masks.numpy()).data)
    return whole.hexdigest()[:16]


def _write(folder: Path, dataset: Dataset, size: int, images: Images) -> None:
    splits = _splits(images)
    np.save(folder / "pixels.npy", images.pixels.contiguous().numpy())
    if images.masks is not None:
        np.save(folder / "masks.npy", images.masks.contiguous().numpy())
    meta = {
        "label": dataset.label,
        "spec": str(dataset),
        "size": size,
        "fingerprint": _fingerprint(images, splits),
        "ids": list(images.ids),
        "attributes": {column: [_plain(v) for v in values] for column, values in images.attributes.items()},
        "splits": splits,
        "skipped": [list(pair) for pair in images.skipped],
    }
    write_json(folder / "meta.json", meta)


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def load(folder: Path) -> PreparedDataset:
    """The data set in a folder that `prepare` made; its images stay on disk until they are used."""
    meta = read_json(folder / "meta.json")
    pixels = torch.from_numpy(np.load(folder / "pixels.npy", mmap_mode="c"))
    masks = folder / "masks.npy"
    return PreparedDataset(
        **{**meta, "skipped": [tuple(pair) for pair in meta["skipped"]]},
        pixels=pixels,
        masks=torch.from_numpy(np.load(masks, mmap_mode="c")) if masks.exists() else None,
        folder=folder,
    )
