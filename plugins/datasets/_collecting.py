"""Data sets in a folder on disk: files become Images, read in parallel, in order, with each image's attributes."""

from __future__ import annotations

import dataclasses
import os
import warnings
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from benchbench import DataError, Dataset, Images

from ._finding import Skipped, digest, existing_folder, find_images, plain, short_ids
from ._reading import Crop, Levels, read_mask, read_photo

UPSCALE = "enlarge images that are smaller than the size asked for; otherwise they are left out"
_WINDOW = 256  # images under way at once
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
_Read = tuple[Levels | None, NDArray[np.bool_], Skipped]
"""Pixels `(size, size, 3)`, None where the image cannot be read; the mask `(size, size)`; what cannot be used."""


@dataclass(frozen=True)
class Photo:
    """An image file with its id, masks, attributes, identity and split."""

    id: str
    file: str
    """Relative to the folder of the images."""
    masks: Sequence[str] = ()
    """Files whose union is the face, relative to the folder of the masks."""
    values: Sequence[Any] = ()
    """One per attribute, or none at all."""
    identity: Any = None
    split: Any = None


class Listing(NamedTuple):
    """What the lists and folders of a data set say of its images."""

    columns: Sequence[str]
    """The names of the attributes."""
    photos: list[Photo]
    remarks: Sequence[tuple[str, str]] = ()
    """(list, what in it is of no use)."""


class OnDisk(Dataset):
    """A data set that lies in a folder, in the layout of those who made it."""

    path: str
    limit: int | None
    upscale: bool
    crop: Crop = "centre"
    way_out: ClassVar[str]
    """Where the data set comes from, and which folder to name."""

    layout: ClassVar[Sequence[str]] = ("",)
    """Where the images may lie in the folder; the first that exists counts."""
    mask_folder: ClassVar[str] = ""
    """Where the masks may lie in the folder, if there are any."""
    parts: ClassVar[Sequence[str]] = ("",)
    """The folders within those of images and masks that are read, each of which may be a link; "" is all."""
    ids = staticmethod(short_ids)
    """Gives each of the image files its id."""

    indexed: ClassVar[bool] = False
    """Whether a mask's palette is of no account: its indices are labels."""

    @abstractmethod
    def photos(self, names: Mapping[str, str], masks: Sequence[str]) -> Listing:
        """Return what is known of the photos, in order, from the image files by id and the mask files.

        Raises DataError for a list that cannot be understood.
        """

    def lists(self) -> Sequence[Path]:
        """Return the other files that matter; they need not exist."""
        return ()

    @property
    def reject(self) -> Callable[[Image.Image], str | None] | None:
        """What finds a reason against an upright RGB image, if anything does."""
        return None

    @staticmethod
    def is_face(levels: Levels) -> NDArray[np.bool_]:
        """Tell which pixels of a greyscale mask are face: those of 128 and above."""
        return levels >= 128

    @property
    def label(self) -> str:
        """The name and what is not the default, without the path: `lfw,limit=9`; safe as the name of a folder."""
        return label_of(self, self.name)

    def root(self) -> Path:
        """Return the folder that `path` names. Raises DataError with the way out."""
        return existing_folder(self.path, self.name, self.way_out)

    def folders(self) -> tuple[Path, Path | None]:
        """Return the folder of the images, and that of the masks, if there may be one. Raises DataError."""
        root = self.root()
        for name in self.layout:
            if (root / name).is_dir():
                folder = (root / name).resolve()
                while (folder / folder.name).is_dir():  # as some unpack it
                    folder /= folder.name
                return folder, root / self.mask_folder if self.mask_folder else None
        raise DataError(f"{self.name}: '{root}' holds no folder {' or '.join(self.layout)}. {self.way_out}")

    def load(self, size: int) -> Images:
        """Load the first `limit` usable images. Raises DataError if there are none, or for a malformed list."""
        folder, mask_folder = self.folders()
        names, masks, skipped = self._found(folder, mask_folder)
        columns, photos, remarks = self.photos(dict(zip(self.ids(names), names, strict=True)), masks)
        room = min(len(photos), self.limit or len(photos))
        pixels, faces = _space(room, size, any(p.masks for p in photos))
        kept = list[Photo]()
        for photo, (levels, face, problems) in in_parallel(partial(self._read, size, folder, mask_folder), photos):
            if len(kept) == room:
                break
            skipped += problems
            if levels is not None:
                pixels[len(kept)] = levels.transpose(2, 0, 1)  # (H, W, 3) -> (3, H, W)
                if photo.masks:
                    faces[len(kept), 0] = face
                kept.append(photo)
        if not kept:
            raise DataError(_nothing_left(folder, skipped))
        splits = self._whole(kept, "split")
        return Images(
            ids=[p.id for p in kept],
            pixels=torch.from_numpy(pixels[: len(kept)]),
            masks=torch.from_numpy(faces[: len(kept)]) if len(faces) else None,
            attributes={column: [p.values[k] if p.values else None for p in kept] for k, column in enumerate(columns)},
            identities=self._whole(kept, "identity"),
            splits=splits if set(splits or ()) == {"train", "validation", "test"} else None,  # the first few lack one
            skipped=[*remarks, *skipped],
        )

    def _whole(self, photos: Sequence[Photo], what: Literal["identity", "split"]) -> list[Any] | None:
        """Return the persons or the splits; None where no photo has one. Raises DataError where only some have."""
        values = {photo.id: getattr(photo, what) for photo in photos}
        if all(value is None for value in values.values()):
            return None
        names = {"identity": "identities", "split": "splits"}
        return complete(values, f"{self.name}: the list of {names[what]}", "complete it, or take it away")

    def _found(self, folder: Path, mask_folder: Path | None) -> tuple[list[str], list[str], Skipped]:
        """Find image files and mask files, each relative to its folder, and the files passed over."""
        names, skipped = find_images(folder, mask_folder, self.parts)
        if mask_folder is None:
            return names, [], skipped
        masks, problems = find_images(mask_folder, within=self.parts)
        return names, masks, skipped + [(f"{mask_folder.name}/{mask}", f"mask: {why}") for mask, why in problems]

    def _read(self, size: int, folder: Path, mask_folder: Path | None, photo: Photo) -> _Read:
        face, skipped = np.zeros((size, size), np.uint16), Skipped()  # the share of face in each pixel, from 0 to 255
        try:
            smallest = 0 if self.upscale else size
            pixels, aspect = read_photo(folder / photo.file, size, self.crop, smallest, self.reject)
        except DataError as problem:
            return None, face >= 128, [(photo.file, str(problem))]
        for mask in photo.masks:
            path = (mask_folder or folder) / mask
            try:
                share, own_aspect = read_mask(path, size, self.crop, self.is_face, self.indexed)
                if not np.isclose(own_aspect, aspect, rtol=0.02):
                    raise DataError("its proportions are not those of the image")
                if not share.any():
                    raise DataError("no pixel is marked as face")
                face += share
            except DataError as problem:
                skipped.append((Path(os.path.relpath(path, folder)).as_posix(), f"mask: {problem}"))
        return pixels, face >= 128, skipped

    def version(self) -> str:
        """A digest of the names, sizes and times of images, masks and lists."""
        folder, mask_folder = self.folders()
        names, masks, _ = self._found(folder, mask_folder)
        files = [folder / name for name in names] + [(mask_folder or folder) / mask for mask in masks]
        return digest(folder, [*files, *self.lists()])


def complete(values: Mapping[str, Any], where: str, way_out: str) -> list[Any]:
    """Return the values, given by the images' ids. Raises DataError that names the images without one."""
    lacking = [i for i, value in values.items() if value is None]
    if lacking:
        examples = ", ".join(lacking[:5]) + (", …" if len(lacking) > 5 else "")
        raise DataError(f"{where} lacks {len(lacking)} of {len(values)} images ({examples}): {way_out}")
    return list(values.values())


def label_of(dataset: Dataset, name: str, path: str = "path") -> str:
    """Return `name` and the settings, but for `path`, that are not the default, paths by their last part."""
    fields = [f for f in dataclasses.fields(dataset) if f.name != path]  # type: ignore[arg-type]  # of the subclass
    given = {f.name: getattr(dataset, f.name) for f in fields if getattr(dataset, f.name) != f.default}
    return ",".join([name, *(f"{key}={plain(Path(str(value)).name)}" for key, value in given.items())])


def _space(room: int, size: int, with_masks: bool) -> tuple[Levels, NDArray[np.bool_]]:
    """Pixels `(room, 3, size, size)` and masks `(room, 1, size, size)`; no rows of masks without masks."""
    try:
        pixels = np.empty((room, 3, size, size), np.uint8)
        return pixels, np.zeros((room if with_masks else 0, 1, size, size), bool)
    except MemoryError as problem:
        needed = 3 * room * size**2 / 2**30
        raise DataError(f"{room} images of {size} pixels need {needed:.0f} GiB: limit=N takes fewer") from problem


def in_parallel(read: Callable[[_Item], _Result], items: Iterable[_Item]) -> Iterator[tuple[_Item, _Result]]:
    """Read many items at once; iterates over each and what became of it, in order."""
    Image.init()  # not by many threads at once
    with ThreadPoolExecutor(min(16, os.cpu_count() or 1)) as pool:
        rest = iter(items)
        while window := list(islice(rest, _WINDOW)):
            with warnings.catch_warnings():  # Pillow warns of odd files; what matters about them becomes a reason
                warnings.simplefilter("ignore")
                results = list(pool.map(read, window))
            yield from zip(window, results, strict=True)


def _nothing_left(folder: Path, skipped: Skipped) -> str:
    if not skipped:
        return f"'{folder}' holds no images: name the folder that has them (JPEG, PNG, WebP, TIFF, …)"
    examples = "; ".join(f"{file}: {why}" for file, why in skipped[:3])
    return f"none of the {len(skipped)} images in '{folder}' can be used ({examples})"
