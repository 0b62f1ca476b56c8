"""Labeled Faces in the Wild, original, funneled or deep-funneled: 13,233 images of 5,749 people, 250×250 pixels.

Layout: `Person_Name/Person_Name_0001.jpg`, as unpacked from lfw.tgz, lfw-funneled.tgz or lfw-deepfunneled.tgz. The
person is the identity, so nobody is in two splits. The lists of people and pairs that come with it are not used: they
divide the set in two or in ten folds for face verification, without a validation set.

Source: Huang, Ramesh, Berg & Learned-Miller, University of Massachusetts Amherst, Technical Report 07-49, 2007.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchbench import DataError, Dataset, Images, hookimpl, param

from ._collecting import Photo, Reader, read_images
from ._finding import digest, existing_folder, find_images, short_ids, short_label

WAY_OUT = (
    "Labeled Faces in the Wild comes from http://vis-www.cs.umass.edu/lfw/: unpack lfw.tgz, lfw-funneled.tgz or "
    "lfw-deepfunneled.tgz and name the folder that holds the people's folders: lfw:PATH"
)
VARIANTS = ("lfw", "lfw_funneled", "lfw-funneled", "lfw-deepfunneled", "lfw_deepfunneled")


@hookimpl
def benchbench_datasets() -> list[type[Dataset]]:
    return [Lfw]


@dataclass(frozen=True)
class Lfw(Dataset):
    """Labeled Faces in the Wild, from its official layout on disk."""

    name = "lfw"
    path: str = param(help="the folder that holds a folder for each person")
    limit: int | None = param(None, "take the first so many images only", low=1)

    @property
    def label(self) -> str:
        """The name and the limit, without the path."""
        return short_label(self.name, {"limit": self.limit})

    def load(self, size: int) -> Images:
        """Load all images, each person an identity. Raises DataError if there are none."""
        root = self._root()
        found, skipped = find_images(root)
        people = [name for name in found if name.count("/") == 1]
        if not people:
            raise DataError(f"{self.name}: '{root}' holds no folders of people. {WAY_OUT}")
        photos = [
            Photo(i, root / name, identity=name.partition("/")[0])
            for i, name in zip(short_ids(people), people, strict=True)
        ]
        return read_images(photos, Reader(size, root, "centre"), skipped=skipped, limit=self.limit)

    def version(self) -> str:
        """A digest of the files' names, sizes and times."""
        root = self._root()
        return digest(root, [root / name for name in find_images(root)[0]])

    def _root(self) -> Path:
        root = existing_folder(self.path, self.name, WAY_OUT)
        return next(((root / v).resolve() for v in VARIANTS if (root / v).is_dir()), root)
