"""Images in a tar archive, plain or compressed (gzip, bzip2, xz), with masks and `attributes.csv` as in a folder.

The archive is unpacked to a temporary folder, read as `folder` reads, and what was unpacked is removed. A folder
`images` in it holds the images; otherwise all of it does. Links, devices, and names that lead out of the archive are
left out, with the reason.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchbench import Dataset, hookimpl

from ._archives import Archive, Member


@hookimpl
def benchbench_datasets() -> list[type[Dataset]]:
    return [Tar]


@dataclass(frozen=True)
class Tar(Archive):
    """Your own images in a tar archive, compressed or not, read as `folder` reads them."""

    name = "tar"
    way_out = "Name the archive that holds your images: tar:FILE.tar.gz"

    def members(self, path: Path) -> Iterator[Member]:
        with tarfile.open(path, "r|*") as archive:  # in one pass, since a compressed one cannot be wound back
            for info in archive:
                if info.issym() or info.islnk():
                    yield info.name, 0, "a link, which is not followed"
                elif not info.isdir():
                    content = archive.extractfile(info)
                    yield info.name, info.size, content or "not a regular file"
