"""Restore a photograph: each face in its frame, put back without a seam, or the whole of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt
from torch import Tensor
from torch.nn import functional as F

from ..contracts.applying import bounding_box
from ..data.faces import Face
from .doubt import residuals
from .framing import CORE, Frame, face_mask, fitted, frame_of, scaled
from .restorer import Restorer

SEAM = 0.1  # of a face's side: how far outside of it the restored fades into the photograph


class RestoredFace(NamedTuple):
    """A face of a photograph, and what became of it."""

    face: Face
    frame: Frame
    """The square that the model saw."""
    residual: float
    """The root mean square, in [0, 1], by which the restored face degraded again misses the photograph."""
    doubted: bool
    """Whether it looks as if it did not suffer from what the model undoes."""


@torch.no_grad()
def restore(photo: Tensor, restorer: Restorer) -> Tensor:
    """Restore the whole of `(1, 3, H, W)`, of any size and aspect; returns the same shape.

    The photograph is scaled so that its shorter side has the size that the model was trained at, because what it
    learnt (a block's side, a blur's width) is in pixels of that size, and scaled back afterwards.
    """
    return _as_large_as(photo, restorer(scaled(photo, restorer.task.size)))


@torch.no_grad()
def restore_whole(photo: Tensor, restorer: Restorer) -> tuple[Tensor, float]:
    """Restore as `restore` does; returns the residual of the whole photograph, too, as `RestoredFace.residual` is."""
    small = scaled(photo, restorer.task.size)
    restored = restorer(small)
    everywhere = torch.ones_like(small[:, :1], dtype=torch.bool)
    residual = float(residuals(small, restored, restorer.task.degradation, everywhere))
    return _as_large_as(photo, restored), residual


def _as_large_as(photo: Tensor, restored: Tensor) -> Tensor:
    return F.interpolate(restored, photo.shape[2:], mode="bicubic").clamp(0, 1)


@torch.no_grad()
def restore_faces(
    photo: Tensor, restorer: Restorer, faces: Sequence[Face], anyway: bool = False
) -> tuple[Tensor, list[RestoredFace]]:
    """Restore the faces of `(1, 3, H, W)`, and nothing else: other pixels stay as they are, to the bit.

    A face that does not suffer from what the model undoes, to all appearance, is left alone, unless `anyway`. Raises
    DataError where it is not known how the training images frame faces.
    """
    image, done = photo.clone(), []
    size, degradation = restorer.task.size, restorer.task.degradation
    for face in faces:
        frame = frame_of(face, restorer.framing, *photo.shape[2:])
        core = face_mask([frame.seen(face, size)], size, size, CORE)
        if restorer.repeats:
            frame = fitted(photo, frame, degradation, size, core)
            core = face_mask([frame.seen(face, size)], size, size, CORE)
        square = scaled(frame.of(photo), size)
        restored = restorer.restore_face(square)
        residual = float(residuals(square, restored, degradation, core))
        doubted = restorer.doubt is not None and restorer.doubt(residual)
        if anyway or not doubted:
            _put_back(image, restored, frame, face, box=degradation.region == "box")
        done.append(RestoredFace(face, frame, residual, doubted))
    return image, done


def _put_back(image: Tensor, restored: Tensor, frame: Frame, face: Face, box: bool) -> None:
    """Put a restored square into the photograph, in place, where the face is; it fades out around it."""
    larger = F.interpolate(restored, (frame.side, frame.side), mode="bicubic", antialias=True).clamp(0, 1)
    inside = face_mask([frame.seen(face, frame.side)], frame.side, frame.side)
    if box:
        inside = bounding_box(inside)
    away = distance_transform_edt(~inside[0, 0].numpy())  # px to the face
    share = torch.from_numpy(np.clip(1 - away / (SEAM * face.side), 0, 1)).float()
    part = frame.of(image)
    part.copy_(torch.where(share > 0, part + share * (larger - part), part))
