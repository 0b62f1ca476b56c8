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

from benchbench import DataError, Dataset, hookimpl, param

from ._celeba_lists import SPLITS, read_attributes, read_lines, read_pairs
from ._collecting import UPSCALE, Listing, OnDisk, Photo
from ._matching import without

FACE = ("skin", "nose", "l_eye", "r_eye", "l_brow", "r_brow", "mouth", "u_lip", "l_lip")
LISTS = (
    "CelebAMask-HQ-attribute-anno.txt",
    "CelebA-HQ-to-CelebA-mapping.txt",
    "identity_CelebA.txt",
    "list_eval_partition.txt",
)


@hookimpl
def benchbench_datasets() -> list[type[Dataset]]:
    return [CelebAMaskHq]


@dataclass(frozen=True)
class CelebAMaskHq(OnDisk):
    """CelebAMask-HQ with face masks and attributes, from its official layout on disk."""

    name = "celebamask-hq"
    way_out = (
        "CelebAMask-HQ comes from https://github.com/switchablenorms/CelebAMask-HQ: unpack CelebAMask-HQ.zip and name "
        "the folder that holds CelebA-HQ-img: celebamask-hq:PATH"
    )
    layout = ("CelebA-HQ-img",)
    mask_folder = "CelebAMask-HQ-mask-anno"
    path: str = param(help="the folder that holds CelebA-HQ-img and CelebAMask-HQ-mask-anno")
    limit: int | None = param(None, "take the first so many images only", low=1)
    upscale: bool = param(False, UPSCALE)

    def lists(self) -> list[Path]:
        return [self.root() / name for name in LISTS]

    def photos(self, names: Mapping[str, str], masks: Sequence[str]) -> Listing:
        attributes, mapping, identities, partition = self.lists()
        columns, rows = read_attributes(attributes)
        identity_of, number_of = read_pairs(identities), read_pairs(partition, SPLITS)
        original = _mapping(mapping)
        parts: dict[str, list[str]] = {}  # the mask files of each image's face, by the image's name
        for mask in masks:
            number, _, part = Path(mask).stem.partition("_")
            if part in FACE and number.isdecimal():
                parts.setdefault(str(int(number)), []).append(mask)
        photos = []
        for i, name in sorted(names.items(), key=lambda n: (int(n[0]) if n[0].isdecimal() else sys.maxsize, n[1])):
            stem = Path(name).stem
            celeba = original.get(stem, "")
            split = SPLITS.get(number_of.get(celeba, ""))
            photos.append(Photo(i, name, parts.get(stem, ()), rows.get(stem, ()), identity_of.get(celeba), split))
        unknown = [photo.id for photo in photos if not photo.values] if columns else []
        return Listing(columns, photos, without(attributes.name, "line", unknown, len(photos)))


def _mapping(path: Path) -> dict[str, str]:
    """The stem of each image in CelebA, by its number here; empty if there is no list. Raises DataError."""
    lines = read_lines(path)
    for number, line in enumerate(lines[1:], 2):
        if len(line) != 3 or not line[0].isdecimal() or not line[1].isdecimal() or Path(line[2]).suffix != ".jpg":
            raise DataError(f"{path}: line {number} must be like '0  119613  119614.jpg': fetch the list again")
    if lines and lines[0][0] != "idx":
        raise DataError(f"{path}: its first line must be 'idx  orig_idx  orig_file': fetch the list again")
    return {line[0]: Path(line[2]).stem for line in lines[1:]}
