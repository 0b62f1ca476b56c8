"""CelebAMask-HQ: 30,000 faces of CelebA at 1024×1024 with hand-made masks of their parts at 512×512.

Layout: `CelebA-HQ-img/0.jpg`, `CelebAMask-HQ-mask-anno/0/00000_skin.png` (2,000 images a folder, one file a part that
is visible) and `CelebAMask-HQ-attribute-anno.txt` (40 attributes, here 1 and 0; optional). The face is the union of
skin, nose, eyes, brows, mouth and lips. With `CelebA-HQ-to-CelebA-mapping.txt` and CelebA's `identity_CelebA.txt` and
`list_eval_partition.txt` in the same folder, identities and official splits are CelebA's.

Source: Lee, Liu, Wu & Luo, "MaskGAN", CVPR 2020 (arXiv 1907.11922); for non-commercial research and education.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchbench import Dataset, Images, hookimpl, param

from ._collecting import Photo, Reader, read_images
from ._finding import digest, existing_folder, find_images, short_ids, short_label, subfolder
from ._tables import CELEBA_SPLITS, read_celeba_attributes, read_celeba_pairs, read_lines

WAY_OUT = (
    "CelebAMask-HQ comes from https://github.com/switchablenorms/CelebAMask-HQ: unpack CelebAMask-HQ.zip and name the "
    "folder that holds CelebA-HQ-img: celebamask-hq:PATH"
)
FACE = ("skin", "nose", "l_eye", "r_eye", "l_brow", "r_brow", "mouth", "u_lip", "l_lip")
ATTRIBUTES = "CelebAMask-HQ-attribute-anno.txt"
MAPPING = "CelebA-HQ-to-CelebA-mapping.txt"
LISTS = (ATTRIBUTES, MAPPING, "identity_CelebA.txt", "list_eval_partition.txt")


@hookimpl
def benchbench_datasets() -> list[type[Dataset]]:
    return [CelebAMaskHq]


@dataclass(frozen=True)
class CelebAMaskHq(Dataset):
    """CelebAMask-HQ with face masks and attributes, from its official layout on disk."""

    name = "celebamask-hq"
    path: str = param(help="the folder that holds CelebA-HQ-img and CelebAMask-HQ-mask-anno")
    limit: int | None = param(None, "take the first so many images only", low=1)

    @property
    def label(self) -> str:
        """The name and the limit, without the path."""
        return short_label(self.name, {"limit": self.limit})

    def load(self, size: int) -> Images:
        """Load all images in the order of their numbers. Raises DataError if there are none, or for a bad list."""
        root, folder = self._folders()
        names, skipped = find_images(folder)
        masks, original = _masks(root), _originals(root)
        identity_of, number_of = (read_celeba_pairs(root / name) for name in LISTS[2:])
        path = root / ATTRIBUTES
        columns, rows = read_celeba_attributes(path) if path.is_file() else ((), {})
        nothing = (None,) * len(columns)
        photos = []
        for i, name in sorted(zip(short_ids(names), names, strict=True), key=_by_number):
            stem = Path(name).stem
            celeba = original.get(stem, "")
            split = CELEBA_SPLITS.get(number_of.get(celeba, ""))
            values = rows.get(stem, nothing)
            photos.append(Photo(i, folder / name, masks.get(stem, ()), values, identity_of.get(celeba), split))
        return read_images(photos, Reader(size, root, "centre"), columns=columns, skipped=skipped, limit=self.limit)

    def version(self) -> str:
        """A digest of the names, sizes and times of images, masks and lists."""
        root, folder = self._folders()
        masks = [path for parts in _masks(root).values() for path in parts]
        images = [folder / name for name in find_images(folder)[0]]
        return digest(root, [*images, *masks, *(root / name for name in LISTS)])

    def _folders(self) -> tuple[Path, Path]:
        root = existing_folder(self.path, self.name, WAY_OUT)
        return root, subfolder(root, ["CelebA-HQ-img"], self.name, WAY_OUT)


def _by_number(pair: Sequence[str]) -> tuple[int, str]:
    return (int(pair[0]) if pair[0].isdecimal() else sys.maxsize), pair[1]


def _masks(root: Path) -> Mapping[str, tuple[Path, ...]]:
    """The mask files of each image's face, by the image's name."""
    found: dict[str, tuple[Path, ...]] = {}
    folder = root / "CelebAMask-HQ-mask-anno"
    for name in find_images(folder)[0] if folder.is_dir() else []:
        number, _, part = Path(name).stem.partition("_")
        if part in FACE and number.isdecimal():
            stem = str(int(number))
            found[stem] = (*found.get(stem, ()), folder / name)
    return found


def _originals(root: Path) -> dict[str, str]:
    """The name in CelebA, without suffix, of each image."""
    path = root / MAPPING
    lines = read_lines(path)[1:] if path.is_file() else []
    return {line[0]: Path(line[-1]).stem for line in lines}
