"""Data sets of the Hugging Face hub, or in its form on disk: any data set with a column of images.

`hf:OWNER/NAME` is read from the hub, `hf:FOLDER` and `hf:FILE.parquet` from your disk; both as a stream, so that
`limit=N` fetches little more than it needs. Where the hub is switched off (`HF_HUB_OFFLINE=1`), what its library has
cached is read. Columns of numbers, classes and text become attributes. An image is named by its split and its number
there. Official splits are used where there are all three; otherwise all images are taken together, and a hash divides
them. What lies on the hub may change: `revision=` names a commit, whose data do not.

Needs the extra `hf` (datasets, Apache-2.0). Each data set has a licence of its own, on its page on the hub.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import torch

from benchbench import DataError, Dataset, Images, hookimpl, param

from ._collecting import UPSCALE, complete, in_parallel, label_of
from ._finding import digest, plain
from ._reading import Levels, read_photo

SPLITS = {"train": "train", "validation": "validation", "valid": "validation", "val": "validation", "dev": "validation"}
SPLITS |= {"test": "test"}


@hookimpl
def benchbench_datasets() -> list[type[Dataset]]:
    return [HuggingFace]


class Row(NamedTuple):
    """An image that is not yet decoded, and what is known about it."""

    split: str
    number: int
    image: Mapping[str, Any] | None
    """Its `bytes`, or else its `path`."""
    values: Mapping[str, Any]
    person: Any

    @property
    def id(self) -> str:
        """Such as `train/17`."""
        return f"{self.split}/{self.number}"


@dataclass(frozen=True)
class HuggingFace(Dataset):
    """A data set of the Hugging Face hub with a column of images, or a folder or Parquet file in its form."""

    name = "hf"
    repo: str = param(help="OWNER/NAME on the hub, or a folder or a Parquet file of yours")
    config: str = param("", "which of its configurations; empty: the only one")
    split: str = param("", "which of its splits; empty: all")
    column: str = param("", "the column of images; empty: the first that there is")
    identity: str = param("", "the column that names the person in an image; empty: none")
    revision: str = param("", "commit, branch or tag on the hub; empty: the newest")
    crop: Literal["top", "centre"] = param("top", "which square of a tall image is taken; in a wide one, the middle")
    limit: int | None = param(None, "take the first so many images only", low=1)
    upscale: bool = param(False, UPSCALE)

    @property
    def label(self) -> str:
        """`hf-` and the end of the name, such as `hf-celeba-faces`."""
        return label_of(self, f"hf-{plain(Path(self.repo).stem if self._local() else self.repo) or 'images'}", "repo")

    def version(self) -> str:
        """A digest of sizes and times of files on disk; empty for the hub, where `revision` says which data."""
        place = self._local()
        files = sorted(f for f in place.rglob("*") if f.is_file()) if place and place.is_dir() else [place]
        return digest(place.parent, [f for f in files if f]) if place else ""

    def load(self, size: int) -> Images:
        """Load the first `limit` usable images. Raises DataError without `datasets`, network, data or images."""
        kept, pixels, skipped = list[Row](), list[Levels](), list[tuple[str, str]]()
        for row, read in in_parallel(lambda row: self._read(row, size), self._rows()):
            if len(kept) == (self.limit or math.inf):
                break
            if isinstance(read, str):
                skipped.append((row.id, read))
            else:
                kept.append(row)
                pixels.append(read)
        if not kept:
            why = "; ".join(f"{file}: {reason}" for file, reason in skipped[:3])
            raise DataError(f"hf: '{self.repo}' has no image that can be used ({why or 'it is empty'})")
        ids, splits = [row.id for row in kept], [SPLITS.get(row.split.lower()) for row in kept]
        persons = {row.id: None if row.person is None else str(row.person) for row in kept}
        return Images(
            ids=ids,
            pixels=torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2).contiguous(),  # (N, H, W, 3) -> (N, 3, H, W)
            attributes={column: [row.values.get(column) for row in kept] for column in kept[0].values},
            identities=complete(persons, f"hf: column {self.identity}", "leave identity= out")
            if self.identity
            else None,
            splits=splits if set(splits) == {"train", "validation", "test"} else None,  # type: ignore[arg-type]
            skipped=skipped,
        )

    def _local(self) -> Path | None:
        """The folder or file on disk that `repo` names; None where it names a data set on the hub."""
        try:
            place = Path(self.repo).expanduser()
            return place.resolve() if self.repo and place.exists() else None
        except (OSError, RuntimeError, ValueError):
            return None

    def _read(self, row: Row, size: int) -> Levels | str:
        """Read an image as uint8 `(size, size, 3)`, or return the reason why that cannot be."""
        source = (row.image or {}).get("bytes") or Path((row.image or {}).get("path") or "")
        if not source or source == Path():
            return "there is no image"
        try:
            return read_photo(source, size, self.crop, 0 if self.upscale else size)[0]
        except DataError as problem:
            return str(problem)

    def _rows(self) -> Iterator[Row]:
        """Iterate over all rows of the splits that are wanted. Raises DataError."""
        try:
            import datasets
        except ImportError as problem:
            raise DataError(
                "hf: data sets of the hub need an extra: pip install 'benchbench-portraits[hf]'"
            ) from problem
        try:
            found = self._opened(datasets)
            wanted = {self.split: found[self.split]} if self.split in found else found
            if self.split and wanted is found:
                raise DataError(f"hf: '{self.repo}' has no split '{self.split}' ({', '.join(found)})")
            for split, table in wanted.items():
                yield from self._rows_of(datasets, split, table)
        except DataError:
            raise
        except Exception as problem:  # of the network, the hub, the format, …
            why = " ".join(str(problem).split())[:200] or type(problem).__name__
            raise DataError(f"hf: cannot read '{self.repo}': {why}") from problem

    def _opened(self, datasets: Any) -> Mapping[str, Any]:
        """The tables by their splits, as streams unless the hub is switched off: then what is cached cannot be one."""
        datasets.disable_progress_bars()
        place = self._local()
        name, options = self.repo, dict[str, Any]()
        if place:
            name, options = (str(place), {}) if place.is_dir() else ("parquet", {"data_files": str(place)})
        elif self.revision:
            options["revision"] = self.revision
        streaming = bool(place) or not datasets.config.HF_HUB_OFFLINE
        return datasets.load_dataset(name, self.config or None, streaming=streaming, **options)

    def _rows_of(self, datasets: Any, split: str, table: Any) -> Iterator[Row]:
        features = table.features or {}
        column = self.column or next((c for c, f in features.items() if _holds_images(datasets, f)), None)
        for asked in (column, self.identity):
            if asked and asked not in features:
                raise DataError(f"hf: '{self.repo}' has no column '{asked}' ({', '.join(features)})")
        if column is None:
            raise DataError(f"hf: '{self.repo}' has no column of images ({', '.join(features)}): column= names it")
        plain_ones = [c for c, f in features.items() if c != column and _is_attribute(f)]
        table = table.select_columns([column, *plain_ones]).cast_column(column, datasets.Image(decode=False))
        for number, row in enumerate(table):
            values = {c: _value(features[c], row[c]) for c in plain_ones}
            yield Row(split, number, row[column], values, values.pop(self.identity, None))


def _holds_images(datasets: Any, feature: Any) -> bool:
    """Tell whether a column holds images: as such, or as their files' bytes."""
    as_bytes = isinstance(feature, Mapping) and {"bytes", "path"} <= set(feature)
    return as_bytes or isinstance(feature, datasets.Image) or getattr(feature, "dtype", "") == "binary"


def _is_attribute(feature: Any) -> bool:
    """Tell whether a column holds numbers, classes or text."""
    return re.fullmatch(r"(large_)?string|bool|u?int\d+|float\d+", getattr(feature, "dtype", None) or "") is not None


def _value(feature: Any, value: Any) -> str | int | float | None:
    """A value as text or a finite number; None where it is unknown."""
    names = getattr(feature, "names", None)
    if names:
        return names[value] if value is not None and value >= 0 else None
    if isinstance(value, bool):
        return int(value)
    return None if value is None or (isinstance(value, float) and not math.isfinite(value)) else value
