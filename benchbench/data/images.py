"""The images that a data set gives: held against the contract, split by a hash, and their fingerprint."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .. import protocol
from ..contracts.dataset import Dataset, Images
from ..contracts.seeding import derive
from ..errors import DataError
from .duplicates import near_duplicates

SPLITS = ("train", "validation", "test")


def check_images(images: Images, size: int, dataset: Dataset) -> None:
    """Raise DataError unless the images keep the contract of data sets, naming what does not."""
    check_pixels(images, size, dataset)
    check_masks(images, size, dataset)
    check_ids(images, dataset)
    check_columns(images, dataset)
    check_splits(images, dataset)


def check_pixels(images: Images, size: int, dataset: Dataset) -> None:
    """Raise DataError unless the pixels are a uint8 tensor of one RGB square per id."""
    wanted = (len(images.ids), 3, size, size)
    if not isinstance(images.pixels, Tensor):
        raise DataError(f"{dataset.label}: pixels are {type(images.pixels).__name__}, not a uint8 tensor")
    if images.pixels.dtype != torch.uint8 or tuple(images.pixels.shape) != wanted:
        raise DataError(
            f"{dataset.label}: pixels are {images.pixels.dtype} {tuple(images.pixels.shape)}, "
            f"not uint8 {wanted} for {len(images.ids)} ids"
        )


def check_masks(images: Images, size: int, dataset: Dataset) -> None:
    """Raise DataError unless the face masks, if there are any, are bool and of one channel per image."""
    masks, wanted = images.masks, (len(images.ids), 1, size, size)
    if masks is not None and (masks.dtype != torch.bool or tuple(masks.shape) != wanted):
        raise DataError(f"{dataset.label}: masks are {masks.dtype} {tuple(masks.shape)}, not bool {wanted}")


def check_ids(images: Images, dataset: Dataset) -> None:
    """Raise DataError unless the ids are unique texts that can be written as UTF-8."""
    for name, count in Counter(images.ids).items():
        if not isinstance(name, str) or name != name.encode(errors="ignore").decode():
            raise DataError(f"{dataset.label}: the id {name!r} is no text that can be written as UTF-8")
        if count > 1:
            raise DataError(f"{dataset.label}: the id '{name}' stands for more than one image")


def check_columns(images: Images, dataset: Dataset) -> None:
    """Raise DataError unless attributes, identities and splits have one value per image."""
    for column, values in {**images.attributes, "identities": images.identities, "splits": images.splits}.items():
        if values is not None and len(values) != len(images.ids):
            raise DataError(f"{dataset.label}: {column} has {len(values)} values for {len(images.ids)} images")


def check_splits(images: Images, dataset: Dataset, copies: Sequence[tuple[int, int]] = ()) -> None:
    """Raise DataError for a split that nobody knows, or too few images in one."""
    if images.splits and (strange := set(images.splits) - set(SPLITS)):
        raise DataError(f"{dataset.label}: '{strange.pop()}' is no split (they are {', '.join(SPLITS)})")
    counts = Counter(splits_of(images, copies))
    few = [f"{s} has {counts[s]}, needs {least}" for s, least in protocol.SMALLEST_SPLIT.items() if counts[s] < least]
    if few:
        why = "; ".join(dict.fromkeys(reason for _, reason in images.skipped[:3]))
        left_out = f" ({len(images.skipped)} were skipped: {why})" if images.skipped else ""
        repeats = sum(i != first for i, first in enumerate(first_of_group(len(images.ids), copies)))
        among = f", of which {repeats} repeat an earlier one" * bool(repeats)
        in_all = f"too few usable images, {len(images.ids)} in all{among}{left_out}"
        raise DataError(f"{dataset.label}: {in_all}: {', '.join(few)}")


def copies_of(images: Images) -> list[tuple[int, int]]:
    """Find the pairs of images that are copies, or nearly, of each other, as positions with the smaller first."""
    first: dict[bytes, int] = {}
    pixels = images.pixels.contiguous().numpy()
    digests = (hashlib.blake2b(row.tobytes(), digest_size=16).digest() for row in pixels)
    equal = [(first.setdefault(digest, i), i) for i, digest in enumerate(digests)]
    return sorted({pair for pair in equal if pair[0] < pair[1]} | set(near_duplicates(images.pixels)))


def splits_of(images: Images, copies: Sequence[tuple[int, int]] = ()) -> list[str]:
    """Assign each image to a split; one person's images, and copies, follow the first of them, or would be in two."""
    if images.splits is not None:
        return list(images.splits)
    names = list(images.identities or images.ids)
    first: dict[str, int] = {}
    same_name = [(first.setdefault(name, i), i) for i, name in enumerate(names)]
    return [split_of(names[i]) for i in first_of_group(len(names), [*same_name, *copies])]


def first_of_group(n: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """Return for each of `n` positions the first one that it is connected with by pairs, directly or not."""
    first = list(range(n))

    def find(i: int) -> int:
        while first[i] != i:
            first[i] = i = first[first[i]]
        return i

    for i, j in pairs:
        low, high = sorted((find(i), find(j)))
        first[high] = low
    return [find(i) for i in range(n)]


def numbered(persons: Iterable[Hashable]) -> list[int]:
    """Replace persons by numbers from 0, in the order in which they first come."""
    numbers: dict[Hashable, int] = {}
    return [numbers.setdefault(person, len(numbers)) for person in persons]


def fingerprint_of(images: Images, splits: list[str]) -> str:
    """Digest ids, splits, pixels and masks: 16 hexadecimal digits."""
    whole = hashlib.sha256(json.dumps([list(images.ids), splits]).encode())
    whole.update(np.ascontiguousarray(images.pixels.numpy()).data)
    if images.masks is not None:
        whole.update(np.packbits(images.masks.numpy()).data)
    return whole.hexdigest()[:16]


def split_of(name: str) -> str:
    """Assign an image (or person) to a split by a hash of its name, so that adding images moves none."""
    position = derive("split", name) / 2**63
    if position < protocol.TRAIN:
        return "train"
    return "validation" if position < protocol.TRAIN + protocol.VALIDATION else "test"


def plain(value: Any) -> Any:
    """Convert a NumPy or torch scalar to a Python value."""
    return value.item() if hasattr(value, "item") else value
