"""JPEG artefacts are those of files that Pillow writes."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from benchbench import Degraded, Range, TrialError
from benchbench.contracts.seeding import SeededDraw
from benchbench_plugins.degradations.jpeg import Jpeg


@pytest.fixture(scope="module")
def photograph() -> np.ndarray:
    return np.ascontiguousarray(data.astronaut()[10:131, 160:261])  # odd sides


def as_tensor(pixels: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(pixels.astype(np.float32) / 255).permute(2, 0, 1)[None]


def degraded(images: torch.Tensor, **parameters: object) -> Degraded:
    return Jpeg(**parameters).apply(images.clone(), SeededDraw(0, "test", [str(i) for i in range(len(images))]))  # type: ignore[arg-type]


def mse(a: torch.Tensor, b: torch.Tensor) -> float:
    return ((a - b) ** 2).mean().item()


@pytest.mark.parametrize("quality", [1, 30, 95])
@pytest.mark.parametrize(("subsampling", "code"), [("4:4:4", 0), ("4:2:2", 1), ("4:2:0", 2)])
def test_matches_a_file_written_by_pillow(photograph: np.ndarray, quality: int, subsampling: str, code: int) -> None:
    file = io.BytesIO()
    Image.fromarray(photograph).save(file, "JPEG", quality=quality, subsampling=code)
    reference = as_tensor(np.asarray(Image.open(file)))
    ours = degraded(as_tensor(photograph), quality=quality, subsampling=subsampling).images
    assert torch.equal(ours, reference)


def test_grey_images_become_grey_files(photograph: np.ndarray) -> None:
    grey = np.ascontiguousarray(photograph[..., 1])
    file = io.BytesIO()
    Image.fromarray(grey).save(file, "JPEG", quality=20)
    ours = degraded(as_tensor(grey[..., None]), quality=20).images
    assert torch.equal(ours[0, 0], as_tensor(np.asarray(Image.open(file))[..., None])[0, 0])


def test_higher_quality_is_closer(photograph: np.ndarray) -> None:
    clean = as_tensor(photograph)
    errors = [mse(degraded(clean, quality=quality).images, clean) for quality in (5, 20, 50, 90)]
    assert errors == sorted(errors, reverse=True)
    assert len(set(errors)) == 4


def test_each_image_has_its_own_whole_quality(photograph: np.ndarray) -> None:
    clean = as_tensor(photograph).expand(6, -1, -1, -1)
    result = degraded(clean, quality=Range(5, 90))
    qualities = result.truth["quality"]
    assert torch.equal(qualities, qualities.round())
    for image, quality in zip(result.images, qualities.tolist(), strict=True):
        assert torch.equal(image, degraded(clean[:1], quality=quality).images[0])


def test_refuses_images_that_jpeg_cannot_hold() -> None:
    with pytest.raises(TrialError, match="have 2"):
        degraded(torch.rand(1, 2, 8, 8))
