from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from benchbench import Codec, Task
from benchbench_plugins.models.jpegxl import JpegXL

TASK = Task(48, None)  # type: ignore[arg-type]


def portraits(n: int, channels: int = 3) -> Tensor:
    coarse = torch.rand((n, channels, 6, 6), generator=torch.Generator().manual_seed(n))
    return nn.functional.interpolate(coarse, (48, 48), mode="bicubic").clamp(0, 1)


def codec(quality: int = 75, channels: int = 3) -> Codec:
    pytest.importorskip("pillow_jxl")
    module = JpegXL(quality).build(Task(48, None, channels))  # type: ignore[arg-type]
    assert isinstance(module, Codec)
    return module


def test_bytes_are_files_that_pillow_reads_to_the_same_pixels() -> None:
    module = codec()
    files = module.compress(portraits(2))
    for data, decoded in zip(files, module.decompress(files), strict=True):
        image = Image.open(io.BytesIO(data))
        assert data[:2] == b"\xff\x0a"  # a bare codestream, ISO/IEC 18181-1
        assert image.format == "JXL"
        np.testing.assert_array_equal(np.asarray(image), (decoded * 255).round().byte().permute(1, 2, 0).numpy())


@pytest.mark.parametrize("channels", [1, 3])
def test_more_quality_costs_more_bytes_and_comes_closer(channels: int) -> None:
    images, errors, sizes = portraits(3, channels), [], []
    for quality in (5, 50, 95):
        module = codec(quality, channels)
        files = module.compress(images)
        sizes.append(sum(map(len, files)))
        errors.append(float((module.decompress(files) - images).square().mean()))
    assert sizes == sorted(sizes)
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 1e-3


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("side", [16, 31, 264])
def test_the_payload_leaves_out_what_all_images_share(channels: int, side: int) -> None:
    pytest.importorskip("pillow_jxl")
    module = JpegXL().build(Task(side, None, channels))  # type: ignore[arg-type]
    assert isinstance(module, Codec)
    images = torch.full((3, channels, side, side), 0.5)
    images[1] = torch.rand((channels, side, side), generator=torch.Generator().manual_seed(0))
    images[2, :, : side // 2] = 0.8
    files = module.compress(images)
    shared = next(i for i, found in enumerate(zip(*files, strict=False)) if len(set(found)) > 1)
    left_out = {len(file) - module.payload(file) for file in files}
    assert len(left_out) == 1
    assert shared - 1 <= left_out.pop() <= shared  # of grey images the frames begin alike, too
