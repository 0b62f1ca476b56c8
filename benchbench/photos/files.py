"""Photographs in files: read, degraded, restored."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ..contracts.applying import apply_degradation, finite_8bit, needs_masks
from ..contracts.degradation import Degradation
from ..contracts.seeding import SeededDraw
from ..data.faces import Face, find_degraded_faces, find_faces
from ..data.reading import read_image
from ..errors import DataError
from ..files import write_atomically
from ..images import as_bytes
from ..results.layout import slug
from .doubt import Doubt
from .framing import face_mask
from .picture import before_after
from .restorer import Restorer
from .restoring import RestoredFace, restore, restore_faces, restore_whole

SAY_WHERE = "--face LEFT,TOP,SIDE says where one is"


@dataclass(frozen=True)
class Wish:
    """What of a photograph is to be restored: its faces, found or named, or the whole of it."""

    faces: Sequence[Face] = ()
    """Where the faces are; looked for if there are none."""
    whole: bool = False
    anyway: bool = False
    """Restore what does not seem to suffer from what the model undoes, too."""


def read(path: Path) -> Tensor:
    """Read a photograph as data sets do; returns float32 `(1, 3, H, W)` in [0, 1]. Raises DataError."""
    try:
        with warnings.catch_warnings():  # Pillow warns of odd files; what matters about them is a DataError
            warnings.simplefilter("ignore")
            pixels = np.array(read_image(path))
    except DataError as error:
        raise DataError(f"{path} cannot be read as an image: {error}") from error
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255


def write(path: Path, image: Tensor) -> None:
    """Write float32 `(1, 3, H, W)` as PNG."""
    buffer = io.BytesIO()
    Image.fromarray(as_bytes(image)[0]).save(buffer, "PNG", compress_level=3)  # of many megapixels, perhaps
    write_atomically(path, buffer.getvalue())


def degraded_name(degradation: Degradation) -> str:
    """Return how the names of degraded photographs end: `-pixelate.png`."""
    return f"-{slug(str(degradation))}.png"


def restored_names(restorer: Restorer) -> tuple[str, str]:
    """Return how the names of restored photographs end, and of the pictures before and after."""
    model = slug(str(restorer.model))
    return f"-{model}.png", f"-{model}-before-after.png"


def degrade(photo: Tensor, degradation: Degradation, seed: int, name: str, faces: Sequence[Face] = ()) -> Tensor:
    """Degrade `(1, 3, H, W)`, inside its `faces` where the degradation is confined to them; returns the same shape."""
    mask = face_mask(faces, *photo.shape[2:]) if faces else None
    degraded = apply_degradation(degradation, photo, SeededDraw(seed, "photo", [name]), mask)
    return finite_8bit(degraded.images, degradation, [name or "the image"])


def faces_for(
    degradation: Degradation, photo: Tensor, given: Sequence[Face] = (), say_where: str = SAY_WHERE
) -> Sequence[Face]:
    """Return the faces that a degradation is confined to, found if none are given; none where it goes everywhere.

    Raises DataError where there is no face to be found; `say_where` is its advice how to name one.
    """
    if not needs_masks(degradation):
        return ()
    if faces := given or find_faces(as_bytes(photo)[0]):
        return faces
    raise DataError(f"no face is found, and {degradation} needs one: {say_where}, without region= all is degraded")


def restore_file(photo: Path, restorer: Restorer, wish: Wish, base: Path) -> dict[str, Any]:
    """Restore a file, and write that and a picture before and after, whose names `base` begins.

    Returns their paths, what became of each face, and what is to be said about them. Raises DataError where nothing is
    restored: no face is found, or none that suffers from what the model undoes.
    """
    before = read(photo)
    after, notes, faces = (*whole(before, restorer), []) if wish.whole else _faces(before, restorer, wish)
    if notes and not wish.anyway and all(face.doubted for face in faces):
        raise DataError(f"{photo}: {'; '.join(notes)}: left as it is, --anyway restores it")
    restored, comparison = (base.with_name(base.name + ending) for ending in restored_names(restorer))
    write(restored, after)
    frames = [face.frame for face in faces]
    picture = before_after(as_bytes(before)[0], as_bytes(after)[0], str(restorer.model), frames)
    write_atomically(comparison, picture)
    told = [{"box": f.face.box, "frame": f.frame, "residual": f.residual, "doubted": f.doubted} for f in faces]
    paths = {"photo": str(photo), "restored": str(restored), "before_after": str(comparison)}
    return {**paths, "found": told, "notes": notes}


def whole(photo: Tensor, restorer: Restorer) -> tuple[Tensor, list[str]]:
    """Restore the whole of `(1, 3, H, W)`; returns the same shape, and what is to be said where it is doubted."""
    restored, residual = restore_whole(photo, restorer)
    doubt = restorer.doubt_whole
    return restored, [_said("it", residual, doubt, restorer)] if doubt is not None and doubt(residual) else []


def _faces(photo: Tensor, restorer: Restorer, wish: Wish) -> tuple[Tensor, list[str], list[RestoredFace]]:
    levels = as_bytes(photo)[0]
    sure = wish.faces or find_faces(levels)
    faces = wish.faces or find_degraded_faces(levels, [as_bytes(restore(photo, restorer))[0]])
    after, done = restore_faces(photo, restorer, faces, wish.anyway)
    if not done:
        raise DataError(f"no face is found: {SAY_WHERE}, --whole restores all of the photograph")
    seen = [f for f in done if any(f.face.overlaps(face) for face in sure)]  # others may be none
    if not wish.anyway:
        done = [f for f in done if not f.doubted or f in seen] or done
    doubt = restorer.doubt
    notes = [
        _said(
            f"{'the' if f in seen else 'what may be a'} face at {','.join(map(str, f.face.box))}",
            f.residual, doubt, restorer,
        )
        for f in done
        if f.doubted and doubt is not None
    ]  # fmt: skip
    return after, notes, done


def _said(what: str, residual: float, doubt: Doubt, restorer: Restorer) -> str:
    return (
        f"{what} does not look as if it suffered from {restorer.task.degradation}: restored and degraded again, it "
        f"differs from the photograph by {255 * residual:.1f} levels, where {255 * doubt.usual:.1f} are usual; "
        f"what was degraded at another size than {restorer.task.size} px looks so, too"
    )
