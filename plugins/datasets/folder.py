"""Anybody's images: a folder, read recursively.

EXIF rotation is applied; CMYK, palette, 16-bit, grey and transparent images (on white) become RGB. A file that cannot
be used is skipped, with its reason: broken, truncated, animated, a shorter side below 16 pixels, or more than 8192²
pixels. Links and hidden files are left alone. Images are cropped to a square, then resized (Lanczos, anti-aliased).

Beside the images, or in the folder above, there may be `attributes.csv`: a column `file` (a path within the folder, or
its last part), then one column an attribute. Columns `identity` and `split` (train, validation or test), where no image
lacks a value, decide the splits. Face masks are images with the same relative path as theirs, suffix aside, in a folder
`masks`; 128 and above is face.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from benchbench import DataError, Dataset, Images, hookimpl, param

from ._collecting import OnDisk, Photo, label_of
from ._finding import existing_folder, plain, unique_ids
from ._tables import Row, match_rows, read_csv

GENERIC_NAMES = ("", "images", "img", "data", "photos")
SPLITS = {"train": "train", "validation": "validation", "val": "validation", "test": "test"}


@hookimpl
def benchbench_datasets() -> list[type[Dataset]]:
    return [Folder]


@dataclass(frozen=True)
class Folder(OnDisk):
    """Your own images: a folder with its sub-folders, sorted by path."""

    name = "folder"
    way_out = "Name the folder that holds your images: folder:PATH"
    ids = staticmethod(unique_ids)
    path: str = param(help="the folder that holds the images; ~ is your home")
    crop: Literal["top", "centre"] = param("top", "which square of a tall image is taken; in a wide one, the middle")
    masks: str = param("", "folder of face masks; empty: a folder 'masks' in the image folder or beside it, if any")
    limit: int | None = param(None, "take the first so many images only", low=1)

    @property
    def label(self) -> str:
        """`folder-` and the last part of the path that says something, such as `folder-portraits`."""
        parts = reversed(Path(os.path.abspath(os.path.expanduser(self.path))).parts)
        return label_of(self, f"folder-{next((plain(p) for p in parts if plain(p) not in GENERIC_NAMES), 'images')}")

    def folders(self) -> tuple[Path, Path | None]:
        root = self.root()
        if self.masks:
            return root, existing_folder(self.masks, self.name, "masks=PATH names the folder of face masks")
        beside = [f.resolve() for f in (root / "masks", root.parent / "masks") if f.is_dir() and f.resolve() != root]
        return root, beside[0] if beside else None

    def lists(self) -> list[Path]:
        root = self.root()
        return [path for path in (root / "attributes.csv", root.parent / "attributes.csv") if path.is_file()][:1]

    def photos(self, names: Mapping[str, str], masks: Sequence[str]) -> tuple[Sequence[str], list[Photo]]:
        columns, rows = tuple[str, ...](), dict[str, Row]()
        for path in self.lists():
            columns, table = read_csv(path)
            rows = match_rows(path, table, list(names.values()))
        mask_of = {_stem(mask): [mask] for mask in reversed(masks)}
        return columns, [Photo(i, name, mask_of.get(_stem(name), ()), rows.get(name, ())) for i, name in names.items()]

    def load(self, size: int) -> Images:
        """Load all usable images; columns `identity` and `split` without gaps are no attributes but decide the splits.

        Raises DataError if there are no images, or for a malformed `attributes.csv`.
        """
        images = super().load(size)
        attributes = dict(images.attributes)
        whole = [column for column in ("identity", "split") if None not in attributes.get(column, [None])]
        roles = {column: attributes.pop(column) for column in whole}
        splits = roles.get("split")
        if unknown := sorted(set(splits or ()) - set(SPLITS)):
            raise DataError(f"{self.path}: attributes.csv: split '{unknown[0]}' is none of train, validation and test")
        official: Any = [SPLITS[split] for split in splits] if splits else None
        return dataclasses.replace(images, attributes=attributes, identities=roles.get("identity"), splits=official)


def _stem(name: str) -> str:
    return Path(name).with_suffix("").as_posix()
