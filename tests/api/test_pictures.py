"""Images as notebooks have them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import ExifTags, Image

from benchbench import DataError
from benchbench.api.pictures import images_of


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "I;16", "P"])
def test_a_picture_of_pillow_is_what_its_file_is(mode: str, tmp_path: Path) -> None:
    levels = np.random.default_rng(0).integers(0, 256, (20, 30, 4), np.uint8)
    if mode == "I;16":
        image = Image.fromarray(levels[..., 0].astype(np.uint16) * 257)
    else:
        image = (
            Image.fromarray(levels, "RGBA").convert(mode)
            if mode != "P"
            else Image.fromarray(levels[..., :3]).quantize()
        )
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    path = tmp_path / "turned.png"
    image.save(path, exif=exif)
    [of_file] = images_of(path)
    with Image.open(path) as picture:
        [of_picture] = images_of(picture)
    assert of_file.shape == (3, 30, 20)
    assert torch.equal(of_picture, of_file)


def test_a_picture_whose_range_is_unknown_is_refused_as_its_file_is() -> None:
    with pytest.raises(DataError, match="floating-point pixels"):
        images_of(Image.fromarray(np.zeros((20, 20), np.float32)))
