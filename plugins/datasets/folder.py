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
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from benchbench import DataError, Dataset, Images, hookimpl, param

from ._collecting import Photo, Reader, read_images
from ._finding import Skipped, digest, existing_folder, find_images, plain, short_label, unique_ids
from ._tables import match_rows, read_csv

GENERIC_NAMES = ("", "images", "img", "data", "photos")
SPLITS = {"train": "train", "validation": "validation", "val": "validation", "test": "test"}


@hookimpl
def benchbench_datasets() -> list[type[Dataset]]:
    return [Folder]


@dataclass(frozen=True)
class Folder(Dataset):
    """Your own images: a folder with its sub-folders, sorted by path."""

    name = "folder"
    path: str = param(help="the folder that holds the images; ~ is your home")
    crop: Literal["top", "centre"] = param("top", "which square of a tall image is taken; in a wide one, the middle")
    masks: str = param("", "folder of face masks; empty: a folder 'masks' in the image folder or beside it, if any")
    limit: int | None = param(None, "take the first so many images only", low=1)

    @property
    def label(self) -> str:
        """`folder-` and the last part of the path that says something, such as `folder-portraits`."""
        parts = reversed(Path(os.path.abspath(os.path.expanduser(self.path))).parts)
        name = next((plain(p) for p in parts if plain(p) not in GENERIC_NAMES), "images")
        masks = plain(Path(self.masks).name) if self.masks else ""
        crop = None if self.crop == "top" else self.crop
        return short_label(f"folder-{name}", {"crop": crop, "masks": masks, "limit": self.limit})

    def load(self, size: int) -> Images:
        """Load all usable images. Raises DataError if there are none, or for a malformed `attributes.csv`."""
        root, masks = self._folders()
        names, skipped = find_images(root, exclude=masks)
        columns, rows = self._attributes(root, names)
        mask_of, mask_problems = _masks_by_stem(masks)
        nothing = (None,) * len(columns)
        photos = [
            Photo(i, root / name, mask_of.get(_stem(name), ()), rows.get(name, nothing))
            for i, name in zip(unique_ids(names), names, strict=True)
        ]
        reader = Reader(size, root, self.crop)
        images = read_images(photos, reader, columns=columns, skipped=skipped + mask_problems, limit=self.limit)
        return _with_roles(images, root)

    def version(self) -> str:
        """A digest of the names, sizes and times of the images, the masks and `attributes.csv`."""
        root, masks = self._folders()
        files = [root / name for name in find_images(root, exclude=masks)[0]]
        if masks is not None:
            files += [masks / name for name in find_images(masks)[0]]
        return digest(root, [*files, *_attribute_files(root)])

    def _folders(self) -> tuple[Path, Path | None]:
        root = existing_folder(self.path, self.name, "Name the folder that holds your images: folder:PATH")
        if self.masks:
            return root, existing_folder(self.masks, self.name, "masks=PATH names the folder of face masks")
        beside = [f.resolve() for f in (root / "masks", root.parent / "masks") if f.is_dir() and f.resolve() != root]
        return root, beside[0] if beside else None

    def _attributes(self, root: Path, names: Sequence[str]) -> tuple[tuple[str, ...], dict[str, tuple[Any, ...]]]:
        for path in _attribute_files(root):
            columns, rows = read_csv(path)
            return columns, match_rows(path, rows, names)
        return (), {}


def _attribute_files(root: Path) -> list[Path]:
    candidates = (root / "attributes.csv", root.parent / "attributes.csv")
    return [path for path in candidates if path.is_file()][:1]


def _stem(name: str) -> str:
    return Path(name).with_suffix("").as_posix()


def _masks_by_stem(folder: Path | None) -> tuple[dict[str, tuple[Path, ...]], Skipped]:
    if folder is None:
        return {}, []
    names, skipped = find_images(folder)
    found: dict[str, tuple[Path, ...]] = {_stem(name): (folder / name,) for name in reversed(names)}
    return found, [(f"{folder.name}/{name}", f"mask: {why}") for name, why in skipped]


def _with_roles(images: Images, root: Path) -> Images:
    """Take the columns `identity` and `split` from the attributes where no image lacks a value."""
    attributes = dict(images.attributes)
    roles: dict[str, Any] = {}
    for column, role in (("identity", "identities"), ("split", "splits")):
        if None not in attributes.get(column, [None]):
            roles[role] = attributes.pop(column)
    unknown = sorted(set(roles.get("splits", ())) - set(SPLITS))
    if unknown:
        raise DataError(f"{root}: attributes.csv: split '{unknown[0]}' is none of train, validation and test")
    if "splits" in roles:
        roles["splits"] = [SPLITS[s] for s in roles["splits"]]
    return dataclasses.replace(images, attributes=attributes, **roles)
