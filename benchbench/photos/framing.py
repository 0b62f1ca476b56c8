"""Frame a face in a photograph as the faces of the training images are framed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ..contracts.applying import apply_degradation, to_8bit
from ..contracts.degradation import Degradation
from ..contracts.seeding import SeededDraw
from ..data.faces import Face, find_faces
from ..data.prepared import PreparedDataset

LOOKED_AT = 60  # training images in which faces are looked for
LEAST = 6  # faces that must be found there
SHOWN_AT = 256  # px that an image is enlarged to for that
CORE = 0.75  # of a face's width and height: where a face that alone is degraded surely is
WIDE, HIGH = 0.48, 0.62  # half axes of a face, brow to chin and ear to ear, in sides of its square
ROUNDS = ((0.04, 5, 1.0, 4), (0.015, 2, 0.4, 2), (0.006, 2, 0.16, 2))
"""How a frame is fitted: the step of its side, as a share, and how many; that of its place, in px, and how many."""


class Framing(NamedTuple):
    """Where faces lie in the training images, as shares of an image's side: a face's centre and its side."""

    x: float
    y: float
    side: float

    def face(self, size: int) -> Face:
        """Return the face of an image of `size` px."""
        return Face(self.x * size, self.y * size, self.side * size)


class Frame(NamedTuple):
    """A square of a photograph, in pixels."""

    left: int
    top: int
    side: int

    def of(self, photo: Tensor) -> Tensor:
        """Cut it out of `(N, C, H, W)`; a view."""
        return photo[..., self.top : self.top + self.side, self.left : self.left + self.side]

    def seen(self, face: Face, size: int) -> Face:
        """Return where a face of the photograph lies in the frame, once that has `size` px."""
        scale = size / self.side
        return Face((face.x - self.left) * scale, (face.y - self.top) * scale, face.side * scale)


def framing_of(images: PreparedDataset) -> Framing | None:
    """Measure how faces are framed in the training images; None where a detector finds too few."""
    rows = images.indices("train")
    found = list[Face]()
    for row in rows[:: max(1, len(rows) // LOOKED_AT)]:
        picture = F.interpolate(images.pixels[row][None].float(), (SHOWN_AT, SHOWN_AT), mode="bicubic")
        faces = find_faces(picture[0].clamp(0, 255).byte().permute(1, 2, 0).numpy(), 1 / 5)
        found += faces[:1]
    if len(found) < LEAST:
        return None
    return Framing(*(float(v) for v in np.median(np.array(found), 0) / SHOWN_AT))


def frame_of(face: Face, framing: Framing, height: int, width: int) -> Frame:
    """Return the square around a face of a photograph of `height`×`width` px that lies like a training image."""
    side = face.side / framing.side
    return _inside(face.x - framing.x * side, face.y - framing.y * side, side, height, width)


def _inside(left: float, top: float, side: float, height: int, width: int) -> Frame:
    """Round a square, and move it into the photograph, or shrink it where it is larger."""
    whole = max(1, min(round(side), height, width))
    left, top = left + (side - whole) / 2, top + (side - whole) / 2  # it shrinks to its centre
    return Frame(min(max(round(left), 0), width - whole), min(max(round(top), 0), height - whole), whole)


def face_mask(faces: Sequence[Face], height: int, width: int, share: float = 1) -> Tensor:
    """Mark faces in a photograph, as ellipses, or a share of their width and height; returns bool `(1, 1, H, W)`."""
    rows = torch.arange(height).view(-1, 1) + 0.5
    columns = torch.arange(width).view(1, -1) + 0.5
    mask = torch.zeros(height, width, dtype=torch.bool)
    for x, y, side in faces:
        mask |= ((columns - x) / (WIDE * share * side)) ** 2 + ((rows - y) / (HIGH * share * side)) ** 2 <= 1
    return mask[None, None]


def scaled(photo: Tensor, size: int) -> Tensor:
    """Scale `(1, 3, H, W)` so that its shorter side has `size` pixels."""
    height, width = photo.shape[2:]
    scale = size / min(height, width)
    inside = (max(size, round(height * scale)), max(size, round(width * scale)))
    return F.interpolate(photo, inside, mode="bicubic", antialias=True).clamp(0, 1)


def degraded_again(images: Tensor, degradation: Degradation, face: Tensor) -> Tensor:
    """Degrade `(N, 3, H, W)` once more, all by the same draws, rounded to 8 bits; `face` is bool `(1, 1, H, W)`."""
    masks = face.expand(len(images), -1, -1, -1)
    return to_8bit(
        apply_degradation(degradation, images, SeededDraw(0, "again", ["photo"] * len(images)), masks).images
    )


def root_mean_square(difference: Tensor, mask: Tensor) -> Tensor:
    """Take the root mean square of `(N, 3, H, W)` inside bool `(1, 1, H, W)`; returns `(N,)`."""
    return (difference.square().mean(1, keepdim=True) * mask).sum((1, 2, 3)).div(mask.sum()).sqrt()


def fitted(photo: Tensor, frame: Frame, degradation: Degradation, size: int, mask: Tensor) -> Frame:
    """Fit a frame to a degradation that leaves alone what it has degraded, as `pixelate` does.

    A model knows blocks of one size that begin at the edge of an image, and a detector knows nothing of blocks: of
    the frames nearby, that one is taken in which degrading the photograph again changes least inside `mask`, bool
    `(1, 1, size, size)`. Where none halves the change, the frame stays as it is.
    """
    first = float(_changes(photo, [frame], degradation, size, mask))
    best, least = frame, first
    for steps in ROUNDS:
        candidates = list(dict.fromkeys(_around(best, steps, size, photo)))
        changes = _changes(photo, candidates, degradation, size, mask)
        if float(changes.min()) < least:
            best, least = candidates[int(changes.argmin())], float(changes.min())
    return best if least < first / 2 else frame


def _around(frame: Frame, steps: tuple[float, int, float, int], size: int, photo: Tensor) -> Iterator[Frame]:
    """Yield the frames near one that a round of ROUNDS looks at."""
    side_step, sides, pixels, places = steps
    step, (height, width) = pixels / size, photo.shape[2:]
    offsets = range(-places, places + 1)
    for grow, down, right in product(range(-sides, sides + 1), offsets, offsets):
        side = frame.side * (1 + grow * side_step)
        spare = (frame.side - side) / 2  # it grows from its centre
        left, top = frame.left + spare + right * step * side, frame.top + spare + down * step * side
        yield _inside(left, top, side, height, width)


def _changes(photo: Tensor, frames: Sequence[Frame], degradation: Degradation, size: int, mask: Tensor) -> Tensor:
    """Return by how much degrading changes each frame of the photograph, `(N,)`."""
    height, width = photo.shape[2:]
    scale = min(1.0, 2 * size / frames[0].side)
    small = F.interpolate(photo, (round(height * scale), round(width * scale)), mode="bilinear", antialias=True)
    changes = []
    for start in range(0, len(frames), 128):
        some = torch.tensor(frames[start : start + 128]).float()  # left, top, side
        left, top, side = some.T
        theta = torch.zeros(len(some), 2, 3)
        theta[:, 0, 0], theta[:, 1, 1] = side / width, side / height
        theta[:, 0, 2], theta[:, 1, 2] = (2 * left + side) / width - 1, (2 * top + side) / height - 1
        grid = F.affine_grid(theta, [len(some), 3, 2 * size, 2 * size], align_corners=False)
        squares = F.avg_pool2d(F.grid_sample(small.expand(len(some), -1, -1, -1), grid, align_corners=False), 2)
        changes.append(root_mean_square(degraded_again(squares, degradation, mask) - squares, mask))
    return torch.cat(changes)
