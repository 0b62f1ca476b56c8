"""Procedural portraits: an embedded data set that needs no download, with exact face masks and attributes.

Each portrait is drawn from its own random stream: a head as an ellipsoid in space, turned by yaw, pitch and roll, whose
relief is shaded (Lambert with soft terminator, Blinn highlights), and on it skin, eyes, mouth, hair, beard, glasses and
hats, before one of five backdrops. No photograph of anybody went into it. Skin tones: the Monk Skin Tone Scale (Ellis
Monk, 2019), uniformly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from benchbench import Dataset, Images, hookimpl, param

from . import traits as kinds
from .colours import HAIR_COLOURS
from .render import render
from .traits import Traits, draw_traits


@hookimpl
def benchbench_datasets() -> list[type[Dataset]]:
    return [Faces]


@dataclass(frozen=True)
class Faces(Dataset):
    """Procedural portraits with face masks and attributes, embedded: no download, no real person.

    `faces:n=2000` begins with the images of `faces:n=1200`, and an image shows the same portrait at every size. The
    attributes are what the portrait was drawn from: `skin_tone` is the Monk tone from 1 (lightest) to 10; `pose` is the
    side of the image to which the face turns; `hair` is the style under whatever hat.
    """

    name = "faces"
    default = True

    n: int = param(1200, "number of portraits", low=1)
    seed: int = param(0, "other seeds give other portraits", low=0)

    def load(self, size: int) -> Images:
        ids = [f"face-{i:05d}" for i in range(self.n)]
        traits = draw_traits(self.seed, ids)
        pixels, masks = render(traits, [(self.seed, "faces-grain", i) for i in ids], size)
        return Images(ids, pixels, masks, attributes(traits))


def attributes(t: Traits) -> dict[str, list[int] | list[str]]:
    """The attribute table of portraits, as plain values."""
    columns = {
        "hair": _names(t.hair_style, kinds.HAIR_STYLES),
        "hair_colour": _names(t.hair_kind, tuple(HAIR_COLOURS)),
        "glasses": _names(t.glasses, kinds.GLASSES),
        "smile": _names(t.smiling.long(), ("no", "yes")),
        "beard": _names(t.beard, kinds.BEARDS),
        "hat": _names(t.hat, kinds.HATS),
        "pose": _names((t.yaw.abs() > 0.15).long() * (1 + (t.yaw > 0).long()), ("frontal", "left", "right")),
        "lighting": _names(t.light, kinds.LIGHTING),
        "age": _names(t.age_group, kinds.AGES),
    }
    return {"skin_tone": [int(k) + 1 for k in t.monk.flatten()], **columns}


def _names(index: Tensor, names: Sequence[str]) -> list[str]:
    return [names[k] for k in index.flatten().tolist()]
