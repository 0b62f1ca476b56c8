from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image, features
from torch import Tensor

from benchbench import Codec, Task
from benchbench_plugins.models.jpeg2000 import Jpeg2000

pytestmark = pytest.mark.skipif(not features.check("jpg_2000"), reason="this Pillow has no JPEG 2000")


def portraits(n: int, channels: int, side: int) -> Tensor:
    coarse = torch.rand((n, channels, 6, 6), generator=torch.Generator().manual_seed(n * side))
    return torch.nn.functional.interpolate(coarse, (side, side), mode="bicubic").clamp(0, 1)


def codec(channels: int = 3, psnr: float = 35) -> Codec:
    module = Jpeg2000(psnr).build(Task(32, None, channels))  # type: ignore[arg-type]
    assert isinstance(module, Codec)
    return module


def test_bytes_are_files_that_pillow_reads_to_the_same_pixels() -> None:
    module = codec()
    files = module.compress(portraits(2, 3, 33))
    for data, decoded in zip(files, module.decompress(files), strict=True):
        image = Image.open(io.BytesIO(data))
        assert image.format == "JPEG2000"
        np.testing.assert_array_equal(np.asarray(image), (decoded * 255).round().byte().permute(1, 2, 0).numpy())


@pytest.mark.parametrize("channels", [1, 3])
def test_forward_is_a_trip_through_the_bytes_and_close(channels: int) -> None:
    module, images = codec(channels), portraits(2, channels, 33)
    restored = module(images)  # type: ignore[operator]
    assert torch.equal(restored, module.decompress(module.compress(images)))
    assert (restored - images).abs().mean() < 0.03


def test_a_higher_psnr_costs_more_bytes_and_comes_closer() -> None:
    images = portraits(2, 3, 48)
    rough, fine = codec(psnr=20), codec(psnr=50)
    assert sum(map(len, rough.compress(images))) < sum(map(len, fine.compress(images)))
    error = [(module(images) - images).square().mean() for module in (rough, fine)]  # type: ignore[operator]
    assert error[1] < error[0]


def test_says_so_where_pillow_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    task = Task(32, None)  # type: ignore[arg-type]
    assert Jpeg2000().unavailable(task) is None
    monkeypatch.setattr(features, "check", lambda feature: False)
    assert Jpeg2000().unavailable(task) == "needs a Pillow that was built with jpg_2000"


@pytest.mark.parametrize("psnr", [25, 35, 45])
def test_the_psnr_asked_for_is_about_the_psnr_got(psnr: float) -> None:
    coarse = torch.rand((4, 3, 32, 32), generator=torch.Generator().manual_seed(0))
    images = torch.nn.functional.interpolate(coarse, (128, 128), mode="bilinear")
    error = (codec(psnr=psnr)(images) - images).square().mean((1, 2, 3))  # type: ignore[operator]
    assert (-10 * error.log10()).mean().item() == pytest.approx(psnr, abs=3)
