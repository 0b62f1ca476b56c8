"""Anybody's images: a folder, read recursively.

EXIF rotation is applied, and embedded colour profiles are converted to sRGB; CMYK, palette, 16-bit, grey and
transparent images (on white) become RGB. A file that cannot be used is skipped, with its reason: broken, truncated,
animated, a camera's raw file, a shorter side below 16 pixels, or below the size asked for (unless `upscale=true`), or
more than 8192² pixels. A file without suffix is an image if its content is. Links, hidden files and what storage boxes
leave behind (`@eaDir`, `__MACOSX`) are left alone. Images are cropped to a square, then resized (Lanczos).

Beside the images, or in the folder above, there may be `attributes.csv`: a column `file` (a path within the folder, or
its last part), then one column an attribute. Columns `identity` and `split` (train, validation or test) decide the
splits, and no image may lack a value in them; `identities=ignore` makes `identity` an attribute like others. Face masks
are images in a folder `masks`, white on the face (128 and above), named as their images, or with `_mask` behind it.
Names match in any Unicode form and case, with or without suffix, exact ones first; what matches nothing is said.
"""

from __future__ import annotations

from dataclasses import dataclass

from benchbench import Dataset, hookimpl

from ._own import OwnImages


@hookimpl
def benchbench_datasets() -> list[type[Dataset]]:
    return [Folder]


@dataclass(frozen=True)
class Folder(OwnImages):
    """Your own images: a folder with its sub-folders, sorted by path."""
