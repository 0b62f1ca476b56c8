"""EasyPortrait: portraits from video calls with face-parsing masks, in official splits (no person is in two of them).

Layout: `images/{train,val,test}/*.jpg` and `annotations/{train,val,test}/*.png`. A mask holds a class for each pixel:
0 background, 1 person, 2 skin, 3 and 4 brows, 5 and 6 eyes, 7 lips, 8 teeth; the face is 2 to 8.

Source: Kvanchiani et al., "EasyPortrait", arXiv 2304.13509; variant of CC BY-SA 4.0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from numpy import bool_
from numpy.typing import NDArray

from benchbench import DataError, Dataset, Images, hookimpl, param

from ._collecting import Photo, Reader, read_images
from ._finding import Skipped, digest, existing_folder, find_images, short_label, subfolder, unique_ids
from ._reading import Levels

WAY_OUT = (
    "EasyPortrait comes from https://github.com/hukenovs/easyportrait: unpack images.zip and annotations.zip into one "
    "folder and name it: easyportrait:PATH"
)
SPLITS = {"train": "train", "val": "validation", "test": "test"}
SKIN = 2
"""The first class that belongs to the face."""


@hookimpl
def benchbench_datasets() -> list[type[Dataset]]:
    return [EasyPortrait]


def is_face(classes: Levels) -> NDArray[bool_]:
    """Skin, brows, eyes, lips and teeth."""
    return classes >= SKIN


@dataclass(frozen=True)
class EasyPortrait(Dataset):
    """EasyPortrait with face masks and official splits, from its official layout on disk."""

    name = "easyportrait"
    path: str = param(help="the folder that holds images and annotations")
    crop: Literal["top", "centre"] = param("centre", "which square of a tall image is taken")
    limit: int | None = param(None, "take the first so many images only, by file name, whatever their split", low=1)

    @property
    def label(self) -> str:
        """The name and what is not the default, without the path."""
        return short_label(self.name, {"crop": None if self.crop == "centre" else self.crop, "limit": self.limit})

    def load(self, size: int) -> Images:
        """Load all images in the order of their file names, with their masks. Raises DataError if there are none."""
        root = existing_folder(self.path, self.name, WAY_OUT)
        skipped = Skipped()
        photos = sorted(self._photos(root, skipped), key=lambda p: (p.path.name, p.id))
        if not photos:
            raise DataError(f"{self.name}: '{root}/images' holds no folder train, val or test with images. {WAY_OUT}")
        reader = Reader(size, root, self.crop, face=is_face)
        return read_images(photos, reader, skipped=skipped, limit=self.limit)

    def _photos(self, root: Path, skipped: Skipped) -> Iterator[Photo]:
        images = subfolder(root, ["images"], self.name, WAY_OUT)
        for folder, split in SPLITS.items():
            names, problems = find_images(images / folder) if (images / folder).is_dir() else ([], [])
            skipped += [(f"images/{folder}/{name}", why) for name, why in problems]
            for i, name in zip(unique_ids(names), names, strict=True):
                mask = root / "annotations" / folder / Path(name).with_suffix(".png")
                masks = (mask,) if mask.is_file() else ()
                yield Photo(f"{folder}/{i}", images / folder / name, masks, split=split)

    def version(self) -> str:
        """A digest of the names, sizes and times of images and masks."""
        root = existing_folder(self.path, self.name, WAY_OUT)
        return digest(root, [path for photo in self._photos(root, []) for path in (photo.path, *photo.masks)])
