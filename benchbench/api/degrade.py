"""`benchbench.degrade`: one image, degraded as the command of that name degrades photographs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from .. import protocol
from ..data.faces import Face
from ..errors import SpecError
from ..images import as_bytes
from ..photos import files
from ..photos.framing import scaled
from .pictures import Picture, images_of
from .request import Spec, understood


def degrade(
    image: Picture, degradation: Spec, size: int | None = None, faces: Sequence[Face] = (), seed: int = 0
) -> Image.Image:
    """Degrade one image of any size, as boards do, and return it as a picture of Pillow.

    What models of a board restore is degraded at the size that they were trained at: a block of 8 px is something else
    on a face of 64 px than on one of 640.

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
    :param seed: For degradations that draw at random.
    :raises DataError: What is no image, or has no face where one is needed.
    :raises SpecError: An unknown degradation, or a size that is too small.
    """
    if size is not None and size < protocol.SMALLEST:
        raise SpecError(f"size must be at least {protocol.SMALLEST}, not {size}")
    known, specs = understood({"degradation": degradation})
    chosen = known.resolve("degradation", *specs["degradation"])
    [photo] = images_of(image)
    clean = photo[None].float() / 255
    clean = clean if size is None else scaled(clean, size)
    name = Path(image).name if isinstance(image, Path | str) else ""
    return Image.fromarray(as_bytes(files.degrade(clean, chosen, seed, name, files.faces_for(chosen, clean, faces)))[0])
