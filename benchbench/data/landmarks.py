"""Five landmarks of a face, and the 128 numbers that describe it, by dlib: what the extra `faces` brings.

A face is looked for in the *clean* image, and landmarks and descriptor are then taken in the same place of the restored
one: no blur loses it. The detector is that of King 2015 (arXiv 1502.00046), the landmarks are by regression trees
(Kazemi and Sullivan 2014), the descriptor by a residual network of 29 layers (dlib's, 99.4 % on LFW).
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..errors import DataError
from ..images import as_bytes
from .faces import LANDMARKS, LIKELY, dlib_lock, dlib_models

if TYPE_CHECKING:
    from torch import Tensor

WHOSE = ("dlib-bin", "face-recognition-models")
"""The distributions that bring dlib and its weights."""
DESCRIBED = 128  # numbers
_SEARCHED = (320, 640)  # px of the shorter side: whether a face is there is looked at small first, which is quick
_CUT, _MARGIN = 400, 100  # px: the side of a face that is cut out, and what is around dlib's box there
_CHIP, _PADDING = 150, 0.25  # as dlib's network was trained

Levels = NDArray[np.uint8]


class Place(NamedTuple):
    """The square around a face that is cut out, twice as wide as dlib's box, in pixels."""

    left: float
    top: float
    side: float


_places: dict[bytes, Place | None] = {}  # of each clean image that was met: models and rungs meet the same ones
_descriptors: dict[bytes, NDArray[np.float32]] = {}


def missing_faces() -> str | None:
    """Say what landmarks and descriptors of faces need that is not installed, or None.

    >>> from benchbench import missing_faces
    >>> "install" in (missing_faces() or "installed")
    True
    """
    return None if dlib_models() else "needs dlib: pip install 'benchbench-portraits[faces]'"


def faces_version() -> str:
    """Name the versions of dlib and its weights: what else determines landmarks and descriptors; "" without them.

    >>> from benchbench import faces_version, missing_faces
    >>> bool(faces_version()) == (missing_faces() is None)
    True
    """
    return "" if missing_faces() else ", ".join(f"{name} {importlib.metadata.version(name)}" for name in WHOSE)


def face_landmarks(images: Tensor, clean: Tensor | None = None) -> Tensor:
    """Find five landmarks in images, float32 `(N, C, H, W)` in [0, 1], as `(N, 5, 2)`: x and y in pixels.

    They are the outer and inner corners of the left eye, those of the right eye, and the base of the nose. The largest
    face is looked for in `clean`, by default the images themselves; where there is none, the landmarks are NaN. Raises
    DataError without the extra `faces`.

    >>> import torch
    >>> from benchbench import face_landmarks, missing_faces
    >>> missing_faces() is not None or bool(face_landmarks(torch.zeros(1, 3, 64, 64)).isnan().all())
    True
    """
    found = np.full((len(images), 5, 2), np.nan)
    dlib, models, pictures = _dlib(), _models(), _levels(images)
    box = dlib.rectangle(_MARGIN, _MARGIN, _CUT - _MARGIN - 1, _CUT - _MARGIN - 1)
    for row, place in enumerate(_places_in(pictures if clean is None else _levels(clean))):
        if place:
            with dlib_lock:
                shape = models.landmarks(_cut(pictures[row], place), box)
            points = np.array([(part.x, part.y) for part in shape.parts()], float)
            found[row] = (place.left, place.top) + (points + 0.5) * place.side / _CUT
    return images.new_tensor(found)


def face_descriptors(images: Tensor, clean: Tensor | None = None) -> Tensor:
    """Describe the faces in images, float32 `(N, C, H, W)` in [0, 1], as `(N, 128)`.

    Descriptors of one person are rarely farther apart than 0.6, those of two rarely nearer than 0.45. Each face is cut
    out and turned upright by the landmarks of the image in `clean`, by default the image itself; where no face is found
    there, the descriptor is NaN. Raises DataError without the extra `faces`.

    >>> import torch
    >>> from benchbench import face_descriptors, missing_faces
    >>> missing_faces() is not None or bool(face_descriptors(torch.zeros(1, 3, 64, 64)).isnan().all())
    True
    """
    _dlib()
    pictures = _levels(images)
    sharp = pictures if clean is None else _levels(clean)
    found = np.full((len(images), DESCRIBED), np.nan, np.float32)
    for row, place in enumerate(_places_in(sharp)):
        if place is None:
            continue
        same = clean is None or np.array_equal(pictures[row], sharp[row])
        if not same or (key := _key(sharp[row])) not in _descriptors:
            described = _described(pictures[row], sharp[row], place)
            if same:
                _descriptors[key] = described
        found[row] = _descriptors[key] if same else described
    return images.new_tensor(found)


def _described(image: Levels, sharp: Levels, place: Place) -> NDArray[np.float32]:
    dlib, models = _dlib(), _models()
    box = dlib.rectangle(_MARGIN, _MARGIN, _CUT - _MARGIN - 1, _CUT - _MARGIN - 1)
    with dlib_lock:
        shape = models.landmarks(_cut(sharp, place), box)
        chip = dlib.get_face_chip(_cut(image, place), shape, _CHIP, _PADDING)
        return np.array(models.descriptor().compute_face_descriptor(chip), np.float32)


def _places_in(pictures: list[Levels]) -> list[Place | None]:
    """Find the largest face in each image; those of images that were met before are known."""
    found = []
    for picture in pictures:
        if (key := _key(picture)) not in _places:
            _places[key] = _place(picture)
        found.append(_places[key])
    return found


def _place(picture: Levels) -> Place | None:
    for searched in _SEARCHED:
        scale = searched / min(picture.shape[:2])
        size = round(picture.shape[1] * scale), round(picture.shape[0] * scale)
        enlarged = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0))
        with dlib_lock:
            boxes, _, _ = _models().detector.run(enlarged, 0, LIKELY)
        if boxes:
            box = max(boxes, key=lambda box: box.width())
            side = box.width() / scale * _CUT / (_CUT - 2 * _MARGIN)
            x, y = (box.left() + box.width() / 2) / scale, (box.top() + box.height() / 2) / scale
            return Place(x - side / 2, y - side / 2, side)
    return None


def _cut(picture: Levels, place: Place) -> Levels:
    """Cut out a square and resize it to `_CUT` pixels; beyond the image's edge its pixels are repeated."""
    left, top, side = place
    height, width = picture.shape[:2]
    beyond = max(0, math.ceil(max(-left, -top, left + side - width, top + side - height)))
    padded = Image.fromarray(np.pad(picture, ((beyond, beyond), (beyond, beyond), (0, 0)), mode="edge"))
    box = (left + beyond, top + beyond, left + side + beyond, top + side + beyond)
    return np.asarray(padded.resize((_CUT, _CUT), Image.Resampling.BICUBIC, box=box))


def _levels(images: Tensor) -> list[Levels]:
    """Turn images into uint8 `(H, W, 3)` each; grey ones get three equal channels."""
    return list(np.ascontiguousarray(as_bytes(images.detach().float().expand(-1, 3, -1, -1))))


def _key(picture: Levels) -> bytes:
    return hashlib.blake2b(picture.tobytes(), digest_size=16, key=str(picture.shape).encode()).digest()


class _Models(NamedTuple):
    detector: Any
    landmarks: Any
    descriptor: Any
    """A function that loads the network: it is not always needed, and takes 20 MB."""


@functools.cache
def _models() -> _Models:
    dlib = _dlib()

    @functools.cache
    def descriptor() -> Any:
        return dlib.face_recognition_model_v1(f"{dlib_models()}/dlib_face_recognition_resnet_model_v1.dat")

    landmarks = dlib.shape_predictor(f"{dlib_models()}/{LANDMARKS}")
    return _Models(dlib.get_frontal_face_detector(), landmarks, descriptor)


def _dlib() -> Any:
    """Import dlib. Raises DataError where it or its weights are not installed."""
    if reason := missing_faces():
        raise DataError(f"landmarks and descriptors of faces: {reason}")
    import dlib

    return dlib
