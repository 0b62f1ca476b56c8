"""CelebFaces Attributes (CelebA), aligned and cropped: 202,599 images of 10,177 people, 178×218 pixels.

Layout, as torchvision has it or as published (folders Img, Anno and Eval): `img_align_celeba/000001.jpg`,
`list_attr_celeba.txt` (40 attributes, here 1 and 0), `identity_CelebA.txt`, `list_eval_partition.txt` (0 training, 1
validation, 2 test); or the same lists as CSV, as Kaggle has them. The lists are optional. Images are cut to their
middle square.

`without="Eyeglasses Blurry"` leaves out images that have one of these attributes, and `frontal=true` those in which
scikit-image's local-binary-pattern cascade finds no frontal face. The official splits are used if the images taken
have all three; the first images of the set are all for training, so with a small `limit` the identities decide.

Source: Liu, Luo, Wang & Tang, "Deep Learning Face Attributes in the Wild", ICCV 2015; for non-commercial research.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from benchbench import DataError, Dataset, find_faces, hookimpl, param

from ._celeba_lists import SPLITS, read_attributes, read_pairs
from ._collecting import UPSCALE, Listing, OnDisk, Photo, complete
from ._matching import without

IMAGES = [f"{parent}img_align_celeba" for parent in ("img_align_celeba/", "", "Img/", "img/")]
IMAGES += ["img_align_celeba_png", "Img/img_align_celeba_png"]
INNER = ("img_align_celeba", "img_align_celeba_png", "Img", "img")  # where one of these is named, lists lie above it
LONG_SIDE = 256  # px; an image is searched for a face at no more than this size
MIN_FACE = 1 / 4  # of the shorter side
LISTS = ("list_attr_celeba.txt", "identity_CelebA.txt", "list_eval_partition.txt")


@hookimpl
def benchbench_datasets() -> list[type[Dataset]]:
    return [CelebA]


@dataclass(frozen=True)
class CelebA(OnDisk):
    """CelebA aligned, with attributes, identities and official splits, from its official layout on disk."""

    name = "celeba"
    way_out = (
        "CelebA comes from https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html: unpack img_align_celeba.zip, put "
        "list_attr_celeba.txt, identity_CelebA.txt and list_eval_partition.txt beside the folder, and name the place: "
        "celeba:PATH"
    )
    layout = IMAGES
    path: str = param(help="the folder that holds img_align_celeba and the lists")
    limit: int | None = param(None, "take the first so many of the images that are left", low=1)
    upscale: bool = param(False, UPSCALE)
    without: str = param("", 'leave out images with any of these attributes, such as "Eyeglasses Blurry"')
    frontal: bool = param(False, "leave out images in which no frontal face is detected")

    @property
    def reject(self) -> Callable[[Image.Image], str | None] | None:
        return no_frontal_face if self.frontal else None

    def lists(self) -> list[Path]:
        """The paths of the lists: near the images, or in the folders in which they were published; text, or CSV."""
        root, images = self.root(), self.folders()[0]
        near = [root, images.parent, images] + [root.parent] * (root.name in INNER)
        folders = [place / folder for place in near for folder in ("", "Anno", "Eval")]
        forms = [(name, Path(name).with_suffix(".csv")) for name in LISTS]
        places = [[folder / name for name in names for folder in folders] for names in forms]
        return [next((path for path in paths if path.is_file()), paths[0]) for paths in places]

    def photos(self, names: Mapping[str, str], masks: Sequence[str]) -> Listing:
        attributes, identities, partition = self.lists()
        columns, rows = read_attributes(attributes)
        unwanted = self._unwanted(columns, attributes)
        identity_of, number_of = read_pairs(identities), read_pairs(partition, SPLITS)
        values = {i: rows.get(Path(name).stem) for i, name in names.items()}
        if unwanted:
            complete(values, f'{self.name}: without="{self.without}": {attributes}', "fetch the list again")
        photos = []
        for i, name in names.items():
            row, stem = values[i] or (), Path(name).stem
            if not any(row[k] for k in unwanted):
                photos.append(Photo(i, name, (), row, identity_of.get(stem), SPLITS.get(number_of.get(stem, ""))))
        if names and not photos:
            raise DataError(f'{self.name}: without="{self.without}" leaves none of the {len(names)} images')
        unknown = [i for i in names if not values[i]] if columns else []
        return Listing(columns, photos, without(attributes.name, "line", unknown, len(names)))

    def _unwanted(self, columns: Sequence[str], path: Path) -> list[int]:
        for attribute in self.without.split():
            if not columns:
                raise DataError(f"{self.name}: without={attribute} needs {path}, which does not exist. {self.way_out}")
            if attribute not in columns:
                raise DataError(f"{self.name}: '{attribute}' is no attribute in {path} ({', '.join(columns)})")
        return [columns.index(attribute) for attribute in self.without.split()]


def no_frontal_face(image: Image.Image) -> str | None:
    """Give a reason against an image without a frontal face of at least a quarter of its shorter side; else None.

    By scikit-image's cascade of local binary patterns, whatever else is installed, so that all have the same images.
    """
    small = image.convert("RGB")
    small.thumbnail((LONG_SIDE, LONG_SIDE))
    faces = find_faces(np.asarray(small), MIN_FACE, "cascade")
    return None if faces else "no frontal face detected"
