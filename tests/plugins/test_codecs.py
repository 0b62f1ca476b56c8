"""The image file formats: jpeg, webp, avif, jpeg2000. Real files, and what they decode to."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from PIL import Image, features
from torch import Tensor, nn

from benchbench import Codec, Model, Task
from benchbench_plugins.models import avif, jpeg, jpeg2000, webp


@dataclass(frozen=True)
class Format:
    """A file format, with its model at a low, usual and high quality."""

    name: str
    feature: str
    rough: Model
    usual: Model
    fine: Model


FORMATS = [
    Format("JPEG", "jpg", jpeg.Jpeg(10), jpeg.Jpeg(), jpeg.Jpeg(95)),
    Format("WEBP", "webp", webp.WebP(10), webp.WebP(), webp.WebP(95)),
    Format("AVIF", "avif", avif.Avif(10), avif.Avif(), avif.Avif(95)),
    Format("JPEG2000", "jpg_2000", jpeg2000.Jpeg2000(20), jpeg2000.Jpeg2000(), jpeg2000.Jpeg2000(50)),
]


@pytest.fixture(params=FORMATS, ids=lambda f: f.name)
def form(request: pytest.FixtureRequest) -> Format:
    form: Format = request.param
    if not features.check(form.feature):
        pytest.skip(f"this Pillow has no {form.name}")
    return form


def portraits(n: int, channels: int, side: int) -> Tensor:
    coarse = torch.rand((n, channels, 6, 6), generator=torch.Generator().manual_seed(n * side))
    return nn.functional.interpolate(coarse, (side, side), mode="bicubic").clamp(0, 1)


def codec(model: Model, channels: int = 3) -> Codec:
    module = model.build(Task(32, None, channels))  # type: ignore[arg-type]
    assert isinstance(module, Codec)
    return module


def test_bytes_are_files_that_pillow_reads_to_the_same_pixels(form: Format) -> None:
    module = codec(form.usual)
    files = module.compress(portraits(2, 3, 33))
    for data, decoded in zip(files, module.decompress(files), strict=True):
        image = Image.open(io.BytesIO(data))
        assert image.format == form.name
        np.testing.assert_array_equal(np.asarray(image), (decoded * 255).round().byte().permute(1, 2, 0).numpy())


@pytest.mark.parametrize("channels", [1, 3])
def test_forward_is_a_trip_through_the_bytes_and_close(form: Format, channels: int) -> None:
    module, images = codec(form.usual, channels), portraits(2, channels, 33)
    restored = module(images)  # type: ignore[operator]
    assert torch.equal(restored, module.decompress(module.compress(images)))
    assert (restored - images).abs().mean() < 0.03


def test_the_payload_is_what_differs_between_images_and_the_headers_are_not(form: Format) -> None:
    module, images = codec(form.usual), portraits(4, 3, 48)
    images[0], images[1] = 0.5, torch.rand((3, 48, 48), generator=torch.Generator().manual_seed(0))
    files = module.compress(images)
    payloads = [module.payload(file) for file in files]
    assert len({len(file) - payload for file, payload in zip(files, payloads, strict=True)}) == 1
    assert 0 < payloads[0] < payloads[2] < payloads[1] < len(files[1])
    assert payloads[0] < 0.2 * payloads[2]  # a flat image has next to nothing to store


def test_higher_quality_costs_more_bytes_and_comes_closer(form: Format) -> None:
    images = portraits(2, 3, 48)
    rough, fine = codec(form.rough), codec(form.fine)
    assert sum(map(len, rough.compress(images))) < sum(map(len, fine.compress(images)))
    error = [(module(images) - images).square().mean() for module in (rough, fine)]  # type: ignore[operator]
    assert error[1] < error[0]


def test_jpeg_stands_at_the_quality_of_the_study() -> None:
    images = portraits(1, 3, 64)
    buffer = io.BytesIO()
    Image.fromarray((images[0] * 255).round().byte().permute(1, 2, 0).numpy()).save(buffer, "JPEG", quality=85)
    assert codec(jpeg.Jpeg()).compress(images) == [buffer.getvalue()]


def test_says_so_where_pillow_cannot(form: Format, monkeypatch: pytest.MonkeyPatch) -> None:
    task = Task(32, None)  # type: ignore[arg-type]
    assert form.usual.unavailable(task) is None
    monkeypatch.setattr(features, "check", lambda feature: False)
    assert form.usual.unavailable(task) == f"needs a Pillow that was built with {form.feature}"


@pytest.mark.skipif(not features.check("jpg_2000"), reason="this Pillow has no JPEG 2000")
@pytest.mark.parametrize("psnr", [25, 35, 45])
def test_jpeg2000_gets_about_the_psnr_asked_for(psnr: float) -> None:
    coarse = torch.rand((4, 3, 32, 32), generator=torch.Generator().manual_seed(0))
    images = nn.functional.interpolate(coarse, (128, 128), mode="bilinear")
    error = (codec(jpeg2000.Jpeg2000(psnr))(images) - images).square().mean((1, 2, 3))  # type: ignore[operator]
    assert (-10 * error.log10()).mean().item() == pytest.approx(psnr, abs=3)
