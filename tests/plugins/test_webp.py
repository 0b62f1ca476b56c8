from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image, features
from torch import Tensor

from benchbench import Codec, Task
from benchbench_plugins.models.webp import WebP

pytestmark = pytest.mark.skipif(not features.check("webp"), reason="this Pillow has no WEBP")


def portraits(n: int, channels: int, side: int) -> Tensor:
    coarse = torch.rand((n, channels, 6, 6), generator=torch.Generator().manual_seed(n * side))
    return torch.nn.functional.interpolate(coarse, (side, side), mode="bicubic").clamp(0, 1)


def codec(channels: int = 3, quality: int = 80) -> Codec:
    module = WebP(quality).build(Task(32, None, channels))  # type: ignore[arg-type]
    assert isinstance(module, Codec)
    return module


def test_bytes_are_files_that_pillow_reads_to_the_same_pixels() -> None:
    module = codec()
    files = module.compress(portraits(2, 3, 33))
    for data, decoded in zip(files, module.decompress(files), strict=True):
        image = Image.open(io.BytesIO(data))
        assert image.format == "WEBP"
        np.testing.assert_array_equal(np.asarray(image), (decoded * 255).round().byte().permute(1, 2, 0).numpy())


@pytest.mark.parametrize("channels", [1, 3])
def test_forward_is_a_trip_through_the_bytes_and_close(channels: int) -> None:
    module, images = codec(channels), portraits(2, channels, 33)
    restored = module(images)  # type: ignore[operator]
    assert torch.equal(restored, module.decompress(module.compress(images)))
    assert (restored - images).abs().mean() < 0.03


def test_higher_quality_costs_more_bytes_and_comes_closer() -> None:
    images = portraits(2, 3, 48)
    rough, fine = codec(quality=10), codec(quality=95)
    assert sum(map(len, rough.compress(images))) < sum(map(len, fine.compress(images)))
    error = [(module(images) - images).square().mean() for module in (rough, fine)]  # type: ignore[operator]
    assert error[1] < error[0]


def test_says_so_where_pillow_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    task = Task(32, None)  # type: ignore[arg-type]
    assert WebP().unavailable(task) is None
    monkeypatch.setattr(features, "check", lambda feature: False)
    assert WebP().unavailable(task) == "needs a Pillow that was built with webp"
