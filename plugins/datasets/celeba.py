"""CelebFaces Attributes (CelebA), aligned and cropped: 202,599 images of 10,177 people, 178×218 pixels.

Layout, as torchvision has it or as published (folders Img, Anno and Eval): `img_align_celeba/000001.jpg`,
`list_attr_celeba.txt` (40 attributes, here 1 and 0), `identity_CelebA.txt`, `list_eval_partition.txt` (0 training, 1
validation, 2 test). The lists are optional. Images are cut to their middle square.

`without="Eyeglasses Blurry"` leaves out images that have one of these attributes, and `frontal=true` those in which
scikit-image's local-binary-pattern cascade finds no frontal face. The official splits are used if the images taken
have all three; the first images of the set are all for training, so with a small `limit` the identities decide.

Source: Liu, Luo, Wang & Tang, "Deep Learning Face Attributes in the Wild", ICCV 2015; for non-commercial research.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchbench import DataError, Dataset, Images, hookimpl, param

from ._collecting import Photo, Reader, read_images
from ._finding import digest, existing_folder, find_images, short_ids, short_label, subfolder
from ._frontal import no_frontal_face
from ._tables import CELEBA_SPLITS, read_celeba_attributes, read_celeba_pairs

WAY_OUT = (
    "CelebA comes from https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html: unpack img_align_celeba.zip, put "
    "list_attr_celeba.txt, identity_CelebA.txt and list_eval_partition.txt beside the folder, and name the place: "
    "celeba:PATH"
)
IMAGES = [f"{parent}img_align_celeba" for parent in ("img_align_celeba/", "", "Img/", "img/")]
IMAGES += ["img_align_celeba_png", "Img/img_align_celeba_png"]
LISTS = ("list_attr_celeba.txt", "identity_CelebA.txt", "list_eval_partition.txt")


@hookimpl
def benchbench_datasets() -> list[type[Dataset]]:
    return [CelebA]


@dataclass(frozen=True)
class CelebA(Dataset):
    """CelebA aligned, with attributes, identities and official splits, from its official layout on disk."""

    name = "celeba"
    path: str = param(help="the folder that holds img_align_celeba and the lists")
    limit: int | None = param(None, "take the first so many of the images that are left", low=1)
    without: str = param("", 'leave out images with any of these attributes, such as "Eyeglasses Blurry"')
    frontal: bool = param(False, "leave out images in which no frontal face is detected")

    @property
    def label(self) -> str:
        """The name and what is not the default, without the path."""
        frontal = "true" if self.frontal else None
        return short_label(self.name, {"limit": self.limit, "without": self.without, "frontal": frontal})

    def load(self, size: int) -> Images:
        """Load the chosen images, ordered by number. Raises DataError if there are none, or for a bad list."""
        root, folder = self._folders()
        names, skipped = find_images(folder)
        columns, photos = self._photos(root, folder, names)
        reader = Reader(size, folder, "centre", reject=no_frontal_face if self.frontal else None)
        return read_images(photos, reader, columns=columns, skipped=skipped, limit=self.limit)

    def _photos(self, root: Path, folder: Path, names: Sequence[str]) -> tuple[tuple[str, ...], list[Photo]]:
        attributes, identities, partition = (_find(root, name) for name in LISTS)
        columns, rows = read_celeba_attributes(attributes) if attributes.is_file() else ((), {})
        unwanted = self._unwanted(columns, attributes)
        identity_of, number_of = read_celeba_pairs(identities), read_celeba_pairs(partition)
        nothing = (None,) * len(columns)
        photos = []
        for i, name in zip(short_ids(names), names, strict=True):
            stem = Path(name).stem
            values = rows.get(stem, nothing)
            if not any(values[k] for k in unwanted):
                split = CELEBA_SPLITS.get(number_of.get(stem, ""))
                photos.append(Photo(i, folder / name, (), values, identity_of.get(stem), split))
        if names and not photos:
            raise DataError(f'{self.name}: without="{self.without}" leaves none of the {len(names)} images')
        return columns, photos

    def _unwanted(self, columns: Sequence[str], path: Path) -> list[int]:
        for attribute in self.without.split():
            if not columns:
                raise DataError(f"{self.name}: without={attribute} needs {path}, which does not exist. {WAY_OUT}")
            if attribute not in columns:
                raise DataError(f"{self.name}: '{attribute}' is no attribute in {path} ({', '.join(columns)})")
        return [columns.index(attribute) for attribute in self.without.split()]

    def version(self) -> str:
        """A digest of the names, sizes and times of images and lists."""
        root, folder = self._folders()
        return digest(root, [folder / name for name in find_images(folder)[0]] + [_find(root, name) for name in LISTS])

    def _folders(self) -> tuple[Path, Path]:
        root = existing_folder(self.path, self.name, WAY_OUT)
        return root, subfolder(root, IMAGES, self.name, WAY_OUT)


def _find(root: Path, name: str) -> Path:
    """The path of a list: beside the images, or in the folder in which it was published."""
    places = [root / name, root / "Anno" / name, root / "Eval" / name]
    return next((path for path in places if path.is_file()), places[0])
