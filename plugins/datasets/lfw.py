"""Labeled Faces in the Wild, original, funneled or deep-funneled: 13,233 images of 5,749 people, 250×250 pixels.

Layout: `Person_Name/Person_Name_0001.jpg`, as unpacked from lfw.tgz, lfw-funneled.tgz or lfw-deepfunneled.tgz. The
person is the identity, so nobody is in two splits. The lists of people and pairs that come with it are not used: they
divide the set in two or in ten folds for face verification, without a validation set.

Source: Huang, Ramesh, Berg & Learned-Miller, University of Massachusetts Amherst, Technical Report 07-49, 2007.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchbench import DataError, Dataset, hookimpl, param

from ._collecting import UPSCALE, Listing, OnDisk, Photo
from ._finding import nfc


@hookimpl
def benchbench_datasets() -> list[type[Dataset]]:
    return [Lfw]


@dataclass(frozen=True)
class Lfw(OnDisk):
    """Labeled Faces in the Wild, from its official layout on disk."""

    name = "lfw"
    way_out = (
        "Labeled Faces in the Wild comes from http://vis-www.cs.umass.edu/lfw/: unpack lfw.tgz, lfw-funneled.tgz or "
        "lfw-deepfunneled.tgz and name the folder that holds the people's folders: lfw:PATH"
    )
    layout = ("lfw", "lfw_funneled", "lfw-funneled", "lfw-deepfunneled", "lfw_deepfunneled", "")
    path: str = param(help="the folder that holds a folder for each person")
    limit: int | None = param(None, "take the first so many images only", low=1)
    upscale: bool = param(False, UPSCALE)

    def photos(self, names: Mapping[str, str], masks: Sequence[str]) -> Listing:
        people = {i: name for i, name in names.items() if name.count("/") == 1}
        if not people:
            raise DataError(f"{self.name}: '{self.folders()[0]}' holds no folders of people. {self.way_out}")
        return Listing((), [Photo(i, name, identity=nfc(name.partition("/")[0])) for i, name in people.items()])
