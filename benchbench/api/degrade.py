"""`benchbench.degrade`: one image, degraded as the command of that name degrades photographs."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from pathlib import Path

from PIL import Image

from .. import protocol
from ..data.faces import Face
from ..errors import SpecError
from ..images import as_bytes
from ..photos import files
from ..photos.framing import scaled
from .pictures import Picture, image_of
from .request import Spec, understood


def degrade(
    image: Picture, degradation: Spec, size: int | None = None, faces: Sequence[Face] = (), seed: int = 0
) -> Image.Image:
    """Degrade one image of any size, as boards do, and return it as a picture of Pillow.

    Use the size that the model was trained at: a block of 8 px is something else on a face of 64 px than on one of 640.

    >>> import numpy as np
    >>> import benchbench as bb
    >>> photo = np.random.default_rng(0).integers(0, 256, (275, 225, 3), np.uint8)
    >>> blocks = bb.degrade(photo, "pixelate:block=8", size=64)
    >>> blocks.size
    (64, 78)
    >>> bool((np.asarray(blocks)[:8, :8] == np.asarray(blocks)[0, 0]).all())
    True

    :param image: A path, a picture of Pillow, an array or a tensor; what the last two hold is said by `score`.
    :param degradation: A spec, an instance or a class; `"pixelate+swirl"` is one after the other.
    :param size: Pixels that the shorter side is scaled to first; by default it stays as it is.
    :param faces: Where the faces are, for what is confined to them, as by `region=face`; by default they are found.
        Their pixels are those after `size` was applied.
    :param seed: For degradations that draw at random. A file's name is part of the draw: with `gaussian-noise`, a path
        and `Image.open(path)` give different noise.
    :raises DataError: What is not one image, or has no face where one is needed.
    :raises TrialError: A degradation that gives no float32 images of the same shape, or values that are not finite.
    :raises SpecError: What is not one known degradation, or a size that is no whole number from 8 to 4096.
    """
    low, high = protocol.SMALLEST, protocol.LARGEST_PHOTO
    if size is not None and not (isinstance(size, Integral) and low <= size <= high):
        raise SpecError(f"size must be a whole number from {low} to {high}, not {size}")
    known, specs = understood({"degradation": degradation})
    given = specs.get("degradation", [])
    if len(given) != 1:
        raise SpecError(f"give one degradation, not {len(given)}; a+b is one after the other")
    chosen = known.resolve("degradation", given[0])
    clean = image_of(image)[None].float() / 255
    clean = clean if size is None else scaled(clean, size)
    name = Path(image).name if isinstance(image, Path | str) else ""
    found = files.faces_for(chosen, clean, faces, "faces=[Face(x, y, side)] says where one is")
    return Image.fromarray(as_bytes(files.degrade(clean, chosen, seed, name, found))[0])
