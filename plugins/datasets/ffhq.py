"""Flickr-Faces-HQ: 70,000 aligned faces, 1024×1024 (images1024x1024) or 128×128 (thumbnails128x128) PNG.

Layout: `images1024x1024/00000/00000.png`, `thumbnails128x128/00000/00000.png`, or one such folder, or all images flat
in one folder. Of a folder that has both sizes, the large ones are read. The official division, the first 60,000 for
training and the rest for validation, has no test set, so it is not used; nor is ffhq-dataset-v2.json.

Source: Karras, Laine & Aila, CVPR 2019 (arXiv 1812.04948); dataset CC BY-NC-SA 4.0, each image under its own licence.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchbench import Dataset, Images, hookimpl, param

from ._collecting import Photo, Reader, read_images
from ._finding import digest, existing_folder, find_images, short_ids, short_label

WAY_OUT = (
    "Flickr-Faces-HQ comes from https://github.com/NVlabs/ffhq-dataset: fetch images1024x1024 or thumbnails128x128 "
    "with its download_ffhq.py and name the folder that holds it: ffhq:PATH"
)
VARIANTS = ("images1024x1024", "thumbnails128x128")


@hookimpl
def benchbench_datasets() -> list[type[Dataset]]:
    return [Ffhq]


@dataclass(frozen=True)
class Ffhq(Dataset):
    """Flickr-Faces-HQ, from its official layout on disk."""

    name = "ffhq"
    path: str = param(help="the folder that holds images1024x1024 or thumbnails128x128, or the images themselves")
    limit: int | None = param(None, "take the first so many images only", low=1)

    @property
    def label(self) -> str:
        """The name and the limit, without the path."""
        return short_label(self.name, {"limit": self.limit})

    def load(self, size: int) -> Images:
        """Load all images, named by their numbers ("00000"). Raises DataError if there are none."""
        root = self._root()
        names, skipped = find_images(root)
        photos = [Photo(i, root / name) for i, name in zip(short_ids(names), names, strict=True)]
        return read_images(photos, Reader(size, root, "centre"), skipped=skipped, limit=self.limit)

    def version(self) -> str:
        """A digest of the files' names, sizes and times."""
        root = self._root()
        return digest(root.parent, [root / name for name in find_images(root)[0]])

    def _root(self) -> Path:
        root = existing_folder(self.path, self.name, WAY_OUT)
        return next(((root / v).resolve() for v in VARIANTS if (root / v).is_dir()), root)
