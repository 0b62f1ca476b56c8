"""What a folder of anybody's images says of them: attributes, masks, persons and splits, matched by name."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from benchbench import DataError, Images, param

from ._collecting import UPSCALE, Listing, OnDisk, Photo, complete, label_of
from ._finding import Skipped, existing_folder, plain, shown, unique_ids
from ._matching import match, unmatched
from ._tables import Row, read_csv

GENERIC_NAMES = ("", "images", "img", "data")  # of folders that are called by the one around them
TABLES = (".csv", ".json", ".ods", ".parquet", ".tsv", ".txt", ".xls", ".xlsx")
SPLITS = {"train": "train", "validation": "validation", "val": "validation", "test": "test"}


@dataclass(frozen=True)
class OwnImages(OnDisk):
    """A folder of images with its sub-folders, `attributes.csv` and `masks`, sorted by path."""

    name = "folder"
    way_out = "Name the folder that holds your images: folder:PATH"
    ids = staticmethod(unique_ids)
    path: str = param(help="the folder that holds the images; ~ is your home")
    crop: Literal["top", "centre"] = param("top", "which square of a tall image is taken; in a wide one, the middle")
    masks: str = param("", "folder of face masks; empty: a folder 'masks' in the image folder or beside it, if any")
    limit: int | None = param(None, "take the first so many images only", low=1)
    upscale: bool = param(False, UPSCALE)
    identities: Literal["complete", "ignore"] = param(
        "complete", "whether the column `identity` must name a person for each image, or is an attribute like others"
    )

    @property
    def label(self) -> str:
        """`folder-` and the last part of the path that says something: `folder-portraits` of `portraits/images`."""
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
        return [path for path in _tables_in((root, root.parent)) if path.name.casefold() == "attributes.csv"][:1]

    def photos(self, names: Mapping[str, str], masks: Sequence[str]) -> Listing:
        files, columns, rows, remarks = list(names.values()), tuple[str, ...](), dict[str, Row](), Skipped()
        for path in self.lists():
            columns, table = read_csv(path)
            line_of, doubts = match(list(table), files)
            if doubts:
                raise DataError(f"{path}: {doubts[0]}")
            rows = {name: table[line] for name, line in line_of.items()}
            if columns:
                remarks += unmatched(path.name, list(table), files, line_of, mask=False)
        remarks += self._not_read(names.values())
        mask_of, _ = match(masks, files, masks=True)
        if masks:
            remarks += unmatched("masks", masks, files, mask_of, mask=True)
        photos = [Photo(i, n, [mask_of[n]] if n in mask_of else (), rows.get(n, ())) for i, n in names.items()]
        return Listing(columns, photos, remarks)

    def _not_read(self, files: Iterable[str]) -> Skipped:
        """The tables near the images that are not the one that is read."""
        root, read = self.root(), self.lists()
        folders = dict.fromkeys([root, root.parent, *(root / Path(file).parent for file in files)])
        others = [Path(os.path.relpath(path, root)).as_posix() for path in _tables_in(folders) if path not in read]
        why = "not read: all is to stand in one table, attributes.csv, in the folder of the images or the one above"
        return [(shown(name), why) for name in others]

    def load(self, size: int) -> Images:
        """Load all usable images. Raises DataError if there are none, or for a malformed `attributes.csv`."""
        return self._with_roles(super().load(size))

    def _with_roles(self, images: Images) -> Images:
        """Take the columns `identity` and `split` from the attributes. Raises DataError for one that has gaps."""
        attributes, roles, table = dict(images.attributes), dict[str, list[Any]](), f"{self.root()}: attributes.csv"
        way_out = {"identity": "name the person in each, or say identities=ignore", "split": "give each its split"}
        for column in ("split",) if self.identities == "ignore" else ("identity", "split"):
            if column in attributes:
                values = dict(zip(images.ids, attributes.pop(column), strict=True))
                roles[column] = complete(values, f"{table}: its column {column}", way_out[column])
        splits = roles.get("split")
        if unknown := sorted(set(splits or ()) - set(SPLITS)):
            raise DataError(f"{table}: split '{unknown[0]}' is none of train, validation and test")
        official: Any = [SPLITS[split] for split in splits] if splits else None
        return dataclasses.replace(images, attributes=attributes, identities=roles.get("identity"), splits=official)


def _tables_in(folders: Iterable[Path]) -> Iterator[Path]:
    """What these folders have that is called attributes, with the suffix of a table: files, or by mistake folders."""
    for folder in folders:
        try:
            names = sorted(name for name in os.listdir(folder) if name.casefold().startswith("attributes."))
        except OSError:
            continue
        tables = [folder / name for name in names if name.lower().endswith(TABLES)]
        yield from (path for path in tables if path.is_file() or path.is_dir())
