"""Near-duplicates are found, resembling portraits are not taken for them, and copies share a split."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from benchbench import Dataset, Images
from benchbench.data import prepared
from benchbench.data.duplicates import near_duplicates
from benchbench.data.images import first_of_group, split_of, splits_of
from benchbench_plugins.datasets.faces import Faces

SIZE = 64
N = 30


@pytest.fixture(scope="module")
def portraits() -> list[Image.Image]:
    return [Image.fromarray(p) for p in Faces(n=N).load(128).pixels.permute(0, 2, 3, 1).numpy()]


def encoded(image: Image.Image) -> Image.Image:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=50)
    return Image.open(stream)


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "the same": lambda image: image,
    "re-encoded": encoded,
    "resized": lambda image: image.resize((70, 70)),
    "cropped": lambda image: image.crop((3, 3, 125, 125)),
    "cropped at a corner": lambda image: image.crop((0, 6, 122, 128)),
    "mirrored": lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "mirrored, cropped and re-encoded": lambda image: encoded(
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).crop((4, 0, 128, 124))
    ),
}


def tensor(images: list[Image.Image], size: int = SIZE) -> Tensor:
    return torch.stack([torch.from_numpy(np.array(i.resize((size, size)))).permute(2, 0, 1) for i in images])


@pytest.mark.parametrize("size", [32, 64])
@pytest.mark.parametrize("copy", COPIES)
def test_every_copy_is_found_and_nothing_else(portraits: list[Image.Image], copy: str, size: int) -> None:
    changed = tensor([COPIES[copy](image) for image in portraits], size)
    pairs = near_duplicates(torch.cat([tensor(portraits, size), changed]))
    assert pairs == [(i, i + N) for i in range(N)]


@pytest.mark.parametrize("pixels", [torch.zeros(3, 3, 32, 32), torch.zeros(1, 3, 32, 32), torch.zeros(9, 3, 8, 8)])
def test_what_shows_nothing_resembles_nothing(pixels: Tensor) -> None:
    assert near_duplicates(pixels.byte()) == []


@dataclass(frozen=True)
class Doubled(Dataset):
    """Images that a test gives."""

    name = "doubled"
    images: ClassVar[Images]

    def load(self, size: int) -> Images:
        return self.images


def test_copies_share_a_split_and_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, portraits: list[Image.Image]
) -> None:
    pixels = torch.cat([tensor(portraits), tensor(portraits).flip(3)])
    names = [f"image-{i}" for i in range(2 * N)]
    assert splits_of(Images(names, pixels))[:N] != splits_of(Images(names, pixels))[N:]
    monkeypatch.setattr(Doubled, "images", Images(names, pixels), raising=False)
    found = prepared.load(prepared.prepare(Doubled(), SIZE, tmp_path))
    assert found.splits == [split_of(name) for name in names[:N]] * 2
    assert found.copies == N
    official = (["train"] * 8 + ["validation", "test"]) * (N // 5)
    monkeypatch.setattr(Doubled, "images", replace(Doubled.images, splits=official))
    found = prepared.load(prepared.prepare(Doubled(), SIZE, tmp_path / "official"))
    assert (found.splits, found.copies) == (official, N)


def test_persons_who_share_an_image_share_a_split() -> None:
    people = [f"person-{i // 2}" for i in range(40)]
    splits = splits_of(Images(people, torch.zeros(40, 3, 4, 4).byte(), identities=people), [(1, 38)])
    assert splits[38] == splits[39] == splits[0]


def test_groups_are_named_by_their_first() -> None:
    assert first_of_group(7, [(5, 6), (1, 4), (4, 5), (2, 3)]) == [0, 1, 2, 2, 1, 1, 1]
