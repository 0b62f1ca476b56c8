"""The degradations that Pillow has too, image by image on 8-bit pictures, as its users call it."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from benchbench import Peer, hookimpl


@hookimpl
def benchbench_peers() -> list[Peer]:
    return [  # 8 bits a channel: the values are near, not the same
        Peer("pixelate", "pillow", pixelate, exact=False),
        Peer("downscale", "pillow", downscale, exact=False),
        Peer("flip", "pillow", flip, exact=False),
        Peer("quantize", "pillow", quantize, exact=False),
        Peer("jpeg", "pillow", jpeg, exact=False),
        Peer("desaturate", "pillow", desaturate, exact=False),
    ]


def each(clean: Tensor, call: Callable[..., Any], *values: Any) -> Callable[[], Tensor]:
    """Return a call that applies `call` to each Pillow image and gives a tensor `(N, 3, H, W)` in [0, 1]."""
    arrays = clean.mul(255).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
    pictures = [Image.fromarray(np.ascontiguousarray(a)) for a in arrays]

    def run() -> Tensor:
        done = [np.asarray(call(picture, *own)) for picture, *own in zip(pictures, *values, strict=True)]
        return torch.from_numpy(np.stack(done)).permute(0, 3, 1, 2).float() / 255

    return run


def pixelate(clean: Tensor, truth: Mapping[str, Tensor]) -> Callable[[], Tensor]:
    def one(picture: Image.Image) -> Image.Image:
        small = picture.resize((picture.width // 8, picture.height // 8), Image.Resampling.BOX)
        return small.resize(picture.size, Image.Resampling.NEAREST)

    return each(clean, one)


def downscale(clean: Tensor, truth: Mapping[str, Tensor]) -> Callable[[], Tensor]:
    def one(picture: Image.Image) -> Image.Image:
        small = picture.resize((picture.width // 4, picture.height // 4), Image.Resampling.BOX)
        return small.resize(picture.size, Image.Resampling.BICUBIC)

    return each(clean, one)


def flip(clean: Tensor, truth: Mapping[str, Tensor]) -> Callable[[], Tensor]:
    return each(clean, ImageOps.flip)


def quantize(clean: Tensor, truth: Mapping[str, Tensor]) -> Callable[[], Tensor]:
    return each(clean, lambda picture: ImageOps.posterize(picture, 3))


def desaturate(clean: Tensor, truth: Mapping[str, Tensor]) -> Callable[[], Tensor]:
    return each(clean, lambda picture: picture.convert("L").convert("RGB"))


def jpeg(clean: Tensor, truth: Mapping[str, Tensor]) -> Callable[[], Tensor]:
    def one(picture: Image.Image, quality: int) -> Image.Image:
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=quality, subsampling="4:2:0")
        return Image.open(file)

    return each(clean, one, truth["quality"].int().tolist())
