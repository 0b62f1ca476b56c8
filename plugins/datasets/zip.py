"""Images in a zip archive, with masks and `attributes.csv` as in a folder.

The archive is unpacked to a temporary folder, read as `folder` reads, and what was unpacked is removed. A folder
`images` in it holds the images; otherwise all of it does. Names with backslashes, as PowerShell 5 writes them, are
paths. Encrypted files, links, and names that lead out of the archive are left out, with the reason.
"""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchbench import Dataset, hookimpl

from ._archives import Archive, Member


@hookimpl
def benchbench_datasets() -> list[type[Dataset]]:
    return [Zip]


@dataclass(frozen=True)
class Zip(Archive):
    """Your own images in a zip archive, read as `folder` reads them."""

    name = "zip"
    way_out = "Name the archive that holds your images: zip:FILE.zip"

    def members(self, path: Path) -> Iterator[Member]:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if info.is_dir() or info.filename.endswith("\\"):
                    continue
                if info.flag_bits & 1:
                    yield info.filename, info.file_size, "encrypted"
                elif stat.S_ISLNK(info.external_attr >> 16):
                    yield info.filename, 0, "a link, which is not followed"
                else:
                    yield info.filename, info.file_size, archive.open(info)
