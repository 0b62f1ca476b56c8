"""EasyPortrait: portraits from video calls with face-parsing masks, in official splits (no person is in two of them).

Layout: `images/{train,val,test}/*.jpg` and `annotations/{train,val,test}/*.png`. A mask holds a class for each pixel:
0 background, 1 person, 2 skin, 3 and 4 brows, 5 and 6 eyes, 7 lips, 8 teeth; the face is 2 to 8.

Source: Kvanchiani et al., "EasyPortrait", arXiv 2304.13509; variant of CC BY-SA 4.0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from numpy import bool_
from numpy.typing import NDArray

from benchbench import DataError, Dataset, hookimpl, param

from ._collecting import UPSCALE, Listing, OnDisk, Photo
from ._finding import unique_ids
from ._reading import Levels

SPLITS = {"train": "train", "val": "validation", "test": "test"}


@hookimpl
def benchbench_datasets() -> list[type[Dataset]]:
    return [EasyPortrait]


@dataclass(frozen=True)
class EasyPortrait(OnDisk):
    """EasyPortrait with face masks and official splits, from its official layout on disk."""

    name = "easyportrait"
    way_out = (
        "EasyPortrait comes from https://github.com/hukenovs/easyportrait: unpack images.zip and annotations.zip into "
        "one folder and name it: easyportrait:PATH"
    )
    layout = ("images",)
    mask_folder = "annotations"
    indexed = True
    parts = tuple(f"{split}/" for split in SPLITS)
    ids = staticmethod(unique_ids)
    path: str = param(help="the folder that holds images and annotations")
    crop: Literal["top", "centre"] = param("centre", "which square of a tall image is taken")
    limit: int | None = param(None, "take the first so many images only, by file name, whatever their split", low=1)
    upscale: bool = param(False, UPSCALE)

    @staticmethod
    def is_face(levels: Levels) -> NDArray[bool_]:
        return levels >= 2  # skin, brows, eyes, lips and teeth

    def photos(self, names: Mapping[str, str], masks: Sequence[str]) -> Listing:
        known, photos = set(masks), []
        for i, name in names.items():
            mask = Path(name).with_suffix(".png").as_posix()
            split = SPLITS[name.partition("/")[0]]
            photos.append(Photo(i, name, [mask] if mask in known else (), split=split))
        if not photos:
            raise DataError(
                f"{self.name}: '{self.folders()[0]}' holds no folder train, val or test with images. {self.way_out}"
            )
        return Listing((), sorted(photos, key=lambda photo: (Path(photo.file).name, photo.id)))
