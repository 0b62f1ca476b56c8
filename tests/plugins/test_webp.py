"""WebP artefacts are those of files that Pillow writes."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from benchbench import Range, TrialError
from benchbench.contracts.seeding import SeededDraw
from benchbench_plugins.degradations.webp import WebP

PIXELS = np.ascontiguousarray(data.astronaut()[10:131, 160:261])  # odd sides


@pytest.mark.parametrize("quality", [0, 30, 95])
def test_matches_a_file_written_by_pillow(quality: int) -> None:
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(file, "WEBP", quality=quality, method=2)
    reference = np.asarray(Image.open(file).convert("RGB"))
    clean = torch.from_numpy(PIXELS / np.float32(255)).permute(2, 0, 1)[None]
    ours = WebP(Range(quality, quality)).apply(clean, SeededDraw(0, "test", ["a"])).images[0]
    np.testing.assert_array_equal((ours * 255).round().permute(1, 2, 0).numpy(), reference)


def test_grey_images_stay_grey_and_two_channels_are_refused() -> None:
    draw = SeededDraw(0, "test", ["a"])
    grey = torch.from_numpy(PIXELS[..., 0] / np.float32(255))[None, None]
    assert WebP().apply(grey, draw).images.shape == grey.shape
    with pytest.raises(TrialError, match="webp: images must have 1 or 3 channels, these have 2"):
        WebP().apply(torch.zeros(1, 2, 9, 9), draw)
