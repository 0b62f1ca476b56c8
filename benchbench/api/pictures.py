"""Images as notebooks have them, as tensors: the one rule for what an array, a tensor, a picture or a path holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ..contracts.applying import to_8bit
from ..data.reading import as_read, read_image
from ..errors import DataError

Picture = Path | str | Image.Image | np.ndarray[Any, Any] | Tensor
Pictures = Picture | Sequence[Picture]
BEYOND = 0.5  # how far a network may overshoot [0, 1] before it looks like another scale


def images_of(given: Pictures) -> list[Tensor]:
    """Return images as uint8 `(3, H, W)`, one each.

    Arrays and tensors are one image of three axes or several of four. uint8 is 0 to 255; floats are in [0, 1], and are
    clamped and rounded to 8 bits, as a file would hold them. The channels are the first axis of an image if that has
    length 3, and else its last. Paths and pictures of Pillow are read as data sets are: upright, in sRGB, on white.

    Raises DataError for anything else, such as floats from 0 to 255.
    """
    if isinstance(given, str | Path):
        try:
            return [_from_array(np.array(read_image(Path(given))))]
        except DataError as error:
            raise DataError(f"{given} is {error}") from error
    if isinstance(given, Image.Image):
        return [_from_array(np.array(as_read(given)))]
    if isinstance(given, Tensor) or hasattr(given, "__array__"):
        array = given.detach().cpu() if isinstance(given, Tensor) else np.asarray(given)
        return [_from_array(each) for each in (array if array.ndim == 4 else [array])]
    if isinstance(given, Iterable):
        return [image for each in given for image in images_of(each)]
    raise DataError(f"{type(given).__name__} is no image: give a path, a picture of Pillow, an array or a tensor")


def image_of(given: Pictures) -> Tensor:
    """Return one image as uint8 `(3, H, W)`. Raises DataError as `images_of` does, and for several images or none."""
    images = images_of(given)
    if len(images) != 1:
        raise DataError(f"give one image, not {len(images)}")
    return images[0]


def _from_array(array: np.ndarray[Any, Any] | Tensor) -> Tensor:
    image = torch.as_tensor(np.array(array) if isinstance(array, np.ndarray) else array)
    if image.ndim == 3 and image.shape[0] != 3 and image.shape[2] == 3:
        image = image.permute(2, 0, 1)
    if image.ndim != 3 or image.shape[0] != 3:
        raise DataError(f"an image has the axes (3, H, W) or (H, W, 3), not {tuple(array.shape)}; grey is to be RGB")
    if image.dtype == torch.uint8:
        return image.contiguous()
    if not image.is_floating_point():
        raise DataError(f"an image is uint8, from 0 to 255, or floats from 0 to 1, not {image.dtype}")
    image = image.float()
    if not image.isfinite().all():
        raise DataError("an image has values that are not finite")
    if image.min() < -BEYOND or image.max() > 1 + BEYOND:
        reach = f"{float(image.min()):.4g} to {float(image.max()):.4g}"
        raise DataError(f"floats must be from 0 to 1, and these reach from {reach}: give uint8, or divide by 255")
    return to_8bit(image).mul(255).round().to(torch.uint8).contiguous()
