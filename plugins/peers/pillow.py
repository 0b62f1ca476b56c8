"""The degradations that Pillow has too, image by image on 8-bit pictures, as its users call it."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from PIL import Image, ImageOps
from torch import Tensor

from benchbench import Peer, hookimpl

from ._images import each, images_of


@hookimpl
def benchbench_peers() -> list[Peer]:
    return [  # 8 bits a channel: the values are near, not the same
        Peer("pixelate", "pillow", degrades(partial(shrink, factor=8, enlarge=Image.Resampling.NEAREST)), exact=False),
        Peer("downscale", "pillow", degrades(partial(shrink, factor=4, enlarge=Image.Resampling.BICUBIC)), exact=False),
        Peer("flip", "pillow", degrades(ImageOps.flip), exact=False),
        Peer("quantize", "pillow", degrades(lambda picture: ImageOps.posterize(picture, 3)), exact=False),
        Peer("jpeg", "pillow", degrades(jpeg, "quality"), exact=False),
        Peer("desaturate", "pillow", degrades(lambda picture: picture.convert("L").convert("RGB")), exact=False),
    ]


def degrades(call: Callable[..., Any], *names: str) -> Callable[[Tensor, Mapping[str, Tensor]], Callable[[], Tensor]]:
    """Prepare to degrade image by image; `call` gets a Pillow image and its `truth` of these names."""

    def prepare(clean: Tensor, truth: Mapping[str, Tensor]) -> Callable[[], Tensor]:
        pictures = [Image.fromarray(image) for image in images_of(clean.mul(255).round().to(torch.uint8))]
        degrade = each(call, pictures, *(truth[name] for name in names))
        return lambda: degrade() / 255

    return prepare


def shrink(picture: Image.Image, factor: int, enlarge: Image.Resampling) -> Image.Image:
    small = picture.resize((picture.width // factor, picture.height // factor), Image.Resampling.BOX)
    return small.resize(picture.size, enlarge)


def jpeg(picture: Image.Image, quality: float) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=int(quality), subsampling="4:2:0")
    return Image.open(file)
