"""Flickr-Faces-HQ: 70,000 aligned faces, 1024×1024 (images1024x1024) or 128×128 (thumbnails128x128) PNG.

Layout: `images1024x1024/00000/00000.png`, `thumbnails128x128/00000/00000.png`, or one such folder, or all images flat
in one folder. Of a folder that has both sizes, the large ones are read. The official division, the first 60,000 for
training and the rest for validation, has no test set, so it is not used; nor is ffhq-dataset-v2.json.

Source: Karras, Laine & Aila, CVPR 2019 (arXiv 1812.04948); dataset CC BY-NC-SA 4.0, each image under its own licence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchbench import Dataset, hookimpl, param

from ._collecting import UPSCALE, Listing, OnDisk, Photo


@hookimpl
def benchbench_datasets() -> list[type[Dataset]]:
    return [Ffhq]


@dataclass(frozen=True)
class Ffhq(OnDisk):
    """Flickr-Faces-HQ, from its official layout on disk."""

    name = "ffhq"
    way_out = (
        "Flickr-Faces-HQ comes from https://github.com/NVlabs/ffhq-dataset: fetch images1024x1024 or thumbnails128x128 "
        "with its download_ffhq.py and name the folder that holds it: ffhq:PATH"
    )
    layout = ("images1024x1024", "thumbnails128x128", "")
    path: str = param(help="the folder that holds images1024x1024 or thumbnails128x128, or the images themselves")
    limit: int | None = param(None, "take the first so many images only", low=1)
    upscale: bool = param(False, UPSCALE)

    def photos(self, names: Mapping[str, str], masks: Sequence[str]) -> Listing:
        return Listing((), [Photo(i, name) for i, name in names.items()])
