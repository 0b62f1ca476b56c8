"""Find the faces in a photograph, by a detector that is installed.

Either detector's boxes differ, so a `Face` has one meaning for both: the square that OpenCV's cascade marks around an
upright frontal face, 2.6 times as wide as the eyes are apart, with the eyes a tenth of its side above its centre.
"""

from __future__ import annotations

import functools
import importlib.util
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

SMALLEST = 1 / 10  # of the shorter side: smaller faces are not looked for
BLURS = (1 / 224, 1 / 112, 1 / 56, 1 / 28)  # of the shorter side: where blocks get smooth edges, many a face is found
_ENLARGED = 640  # px that the shorter side of a small photograph is enlarged to
_LONGEST = 1600  # px of the longer side that is searched
_CASCADE_PIXELS, _HOG_PIXELS = 36, 80  # the least side of a face, in px, that each detector finds surely
SURE, LIKELY = 0.3, 0.0  # dlib's scores that are asked for: in a photograph, and in a blurred or restored one
_NEIGHBOURS = 8  # overlapping windows that the cascade must find in a face's place
_LARGE = 0.45  # of the largest face: what the cascade finds below that is more often a tie than a face
_SIDE_PER_EYES, _SIDE_PER_NOSE, _DROP_PER_EYES = 2.63, 3.44, 0.28  # medians over 166 frontal portraits
_SIDE_PER_BOX, _RISE_PER_BOX = 1.07, 0.09  # likewise
LANDMARKS = "shape_predictor_5_face_landmarks.dat"  # in the folder of dlib's weights
dlib_lock = Lock()  # nothing of dlib is made for many threads, nor is the cascade

Levels = NDArray[np.uint8]


class Face(NamedTuple):
    """A face's square, in pixels from the upper left corner of the photograph.

    >>> from benchbench import Face
    >>> Face(x=100.0, y=80.0, side=60.0).box
    (70, 50, 60)
    """

    x: float
    """Column of the centre."""
    y: float
    """Row of the centre."""
    side: float

    @property
    def box(self) -> tuple[int, int, int]:
        """Its left edge, its upper edge and its side, rounded."""
        return round(self.x - self.side / 2), round(self.y - self.side / 2), round(self.side)

    def overlaps(self, other: Face) -> bool:
        """Tell whether two squares mark one face: the centre of the smaller lies well inside the larger."""
        reach = 0.4 * max(self.side, other.side)
        return abs(self.x - other.x) < reach and abs(self.y - other.y) < reach


def find_faces(image: Levels, smallest: float = SMALLEST, detector: Literal["best", "cascade"] = "best") -> list[Face]:
    """Find upright, frontal faces in uint8 `(H, W, 3)`, sRGB.

    `smallest` is the least side, as a share of the shorter side. `best` is dlib's detector with its five landmarks
    (King 2015, arXiv 1502.00046) where the extra `faces` is installed, and otherwise OpenCV's cascade of local binary
    patterns, which scikit-image carries.

    >>> import numpy as np
    >>> from benchbench import find_faces
    >>> find_faces(np.zeros((64, 64, 3), np.uint8))
    []
    """
    return [face for score, face in _scored(image, smallest, detector) if score > SURE]


def find_degraded_faces(image: Levels, others: Sequence[Levels] = ()) -> list[Face]:
    """Find the faces in a photograph, uint8 `(H, W, 3)`, that may be degraded; from left to right.

    It is looked at sharp and blurred, and so are `others`: the same photograph, restored in one way or another.
    """
    picture, short = Image.fromarray(image), min(image.shape[:2])
    blurred = [np.asarray(picture.filter(ImageFilter.GaussianBlur(blur * short))) for blur in BLURS]
    found = [(score, face) for score, face in _scored(image) if score > SURE]
    found += [(score, face) for each in (*blurred, *others) for score, face in _scored(each)]
    faces = list[Face]()
    for _, face in sorted(found, key=lambda one: -one[0]):
        if not any(face.overlaps(known) for known in faces):
            faces.append(face)
    return sorted(faces)


def _scored(
    image: Levels, smallest: float = SMALLEST, detector: Literal["best", "cascade"] = "best"
) -> list[tuple[float, Face]]:
    """Return faces with the detector's scores, all above `LIKELY`; the cascade's are all sure."""
    short, long = sorted(image.shape[:2])
    dlib = None if detector == "cascade" else _dlib()
    pixels = _HOG_PIXELS if dlib else _CASCADE_PIXELS
    scale = min(pixels / (smallest * short), max(1.0, _ENLARGED / short), _LONGEST / long)
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    searched = np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0))
    with dlib_lock:
        found = dlib(searched) if dlib else _by_cascade(searched, smallest * short * scale)
    return [(score, Face(f.x / scale, f.y / scale, f.side / scale)) for score, f in found]


@functools.cache
def _cascade() -> Any:
    from skimage.data import lbp_frontal_face_cascade_filename
    from skimage.feature import Cascade

    return Cascade(lbp_frontal_face_cascade_filename())


def _by_cascade(image: Levels, smallest: float) -> list[tuple[float, Face]]:
    side = max(24, round(smallest))  # it was trained on windows of 24×24 px
    boxes = _cascade().detect_multi_scale(
        img=image,
        scale_factor=1.2,
        step_ratio=1,
        min_size=(side, side),
        max_size=image.shape[:2],
        min_neighbor_number=_NEIGHBOURS,
    )
    faces = [Face(b["c"] + b["width"] / 2, b["r"] + b["height"] / 2, float(b["width"])) for b in boxes]
    largest = max((face.side for face in faces), default=0)
    return [(math.inf, face) for face in faces if face.side > _LARGE * largest]


def dlib_models() -> Path | None:
    """Return the folder of dlib's weights, or None where the extra `faces` is not installed."""
    models = importlib.util.find_spec("face_recognition_models")  # importing it would need setuptools
    if importlib.util.find_spec("dlib") is None or models is None or not models.submodule_search_locations:
        return None
    return Path(models.submodule_search_locations[0]) / "models"


@functools.cache
def _dlib() -> Callable[[Levels], list[tuple[float, Face]]] | None:
    """Load dlib's detector and the five landmarks; None where the extra `faces` is not installed."""
    if (models := dlib_models()) is None:
        return None
    import dlib

    detector = dlib.get_frontal_face_detector()
    predictor = dlib.shape_predictor(str(models / LANDMARKS))

    def find(image: Levels) -> list[tuple[float, Face]]:
        boxes, scores, _ = detector.run(image, 0, LIKELY)
        return [(score, _face_of(box, predictor(image, box))) for score, box in zip(scores, boxes, strict=True)]

    return find


def _face_of(box: Any, shape: Any) -> Face:
    """Return the face of dlib's box and five landmarks: two corners of each eye, and the base of the nose."""
    points = np.array([(shape.part(i).x, shape.part(i).y) for i in range(5)], float)
    right, left, nose = points[2:4].mean(0), points[:2].mean(0), points[4]
    between, eyes = left - right, (left + right) / 2
    apart, width = float(np.hypot(*between)), float(box.width())
    if not 0.25 < apart / width < 0.6:  # no face has such eyes: the landmarks went astray
        return Face(box.left() + width / 2, box.top() + width * (0.5 - _RISE_PER_BOX), _SIDE_PER_BOX * width)
    side = max(_SIDE_PER_EYES * apart, _SIDE_PER_NOSE * 0.9 * float(np.hypot(*(nose - eyes))))  # turned heads, too
    down = np.array([-between[1], between[0]])  # of the length of `apart`
    x, y = eyes + _DROP_PER_EYES * down
    return Face(float(x), float(y), side)
