"""Detection of frontal faces: scikit-image's cascade of local binary patterns, trained by OpenCV.

Source: `skimage.feature.Cascade` with `skimage.data.lbp_frontal_face_cascade_filename()`; windows of 24×24 pixels.
"""

from __future__ import annotations

import functools
from threading import Lock
from typing import Any

import numpy as np
from PIL import Image

LONG_SIDE = 256  # an image is searched at no more than this size
MIN_FACE = 1 / 4  # of the shorter side
_lock = Lock()


@functools.cache
def _cascade() -> Any:
    from skimage.data import lbp_frontal_face_cascade_filename
    from skimage.feature import Cascade

    return Cascade(lbp_frontal_face_cascade_filename())


def no_frontal_face(image: Image.Image) -> str | None:
    """Give a reason against an image without a frontal face of at least a quarter of its shorter side; else None."""
    small = image.convert("RGB")
    small.thumbnail((LONG_SIDE, LONG_SIDE))
    side = max(24, round(min(small.size) * MIN_FACE))
    with _lock:  # the cascade is not made for many threads
        faces = _cascade().detect_multi_scale(
            img=np.asarray(small), scale_factor=1.2, step_ratio=1, min_size=(side, side), max_size=small.size[::-1]
        )
    return None if faces else "no frontal face detected"
