from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from benchbench_plugins.models.jpeg import Jpeg
from PIL import Image
from torch import Tensor

from benchbench import Codec, Task


def portraits(n: int, channels: int, side: int) -> Tensor:
    coarse = torch.rand((n, channels, 6, 6), generator=torch.Generator().manual_seed(n * side))
    return torch.nn.functional.interpolate(coarse, (side, side), mode="bicubic").clamp(0, 1)


def codec(channels: int = 3, **settings: int) -> Codec:
    module = Jpeg(**settings).build(Task(32, None, channels))  # type: ignore[arg-type]
    assert isinstance(module, Codec)
    return module


@pytest.mark.parametrize("channels", [1, 3])
def test_compress_writes_the_files_pillow_writes(channels: int) -> None:
    images = portraits(2, channels, 33)
    for image, data in zip(images, codec(channels).compress(images), strict=True):
        levels = (image * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()
        file = io.BytesIO()
        Image.fromarray(levels if channels == 3 else levels[..., 0]).save(file, "JPEG", quality=85)
        assert data == file.getvalue()


@pytest.mark.parametrize("channels", [1, 3])
def test_decompress_reads_what_pillow_reads(channels: int) -> None:
    module = codec(channels)
    data = module.compress(portraits(1, channels, 21))
    expected = np.asarray(Image.open(io.BytesIO(data[0])), dtype=np.float32).reshape(21, 21, channels) / 255
    np.testing.assert_array_equal(module.decompress(data)[0].permute(1, 2, 0).numpy(), expected)


def test_forward_is_a_trip_through_the_bytes() -> None:
    module, images = codec(), portraits(3, 3, 32)
    assert torch.equal(module(images), module.decompress(module.compress(images)))  # type: ignore[operator]


def test_higher_quality_costs_more_bytes_and_comes_closer() -> None:
    images = portraits(2, 3, 48)
    rough, fine = codec(quality=10), codec(quality=95)
    assert sum(map(len, rough.compress(images))) < sum(map(len, fine.compress(images)))
    error = [(module(images) - images).square().mean() for module in (rough, fine)]  # type: ignore[operator]
    assert error[1] < error[0]


def test_values_outside_the_range_are_clamped_as_a_file_must() -> None:
    images = torch.tensor([-0.5, 1.5]).reshape(2, 1, 1, 1).expand(2, 3, 16, 16)
    torch.testing.assert_close(codec()(images), images.clamp(0, 1), atol=0.01, rtol=0)  # type: ignore[operator]


def test_four_channels_are_refused_with_a_reason() -> None:
    assert Jpeg().unavailable(Task(32, None, 4)) == "stores images of 1 or 3 channels, not 4"  # type: ignore[arg-type]
    assert Jpeg().unavailable(Task(32, None)) is None  # type: ignore[arg-type]
