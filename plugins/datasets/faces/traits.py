"""The traits of portraits, such as age, hair and pose: each is drawn from the image's own random stream.

The order of the draws is part of the data set: a new trait is drawn last.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from .colours import BRICKS, EYES, FABRICS, HAIR_COLOURS, MUTED, SHIRTS, SUITS, linear, palette, skin_light
from .dice import Dice

HAIR_STYLES = ("bald", "buzz", "short", "parted", "receding", "fringe", "bob", "long", "curly", "afro", "bun")
BEARDS = ("none", "stubble", "moustache", "goatee", "full")
HATS = ("none", "beanie", "cap", "brim", "headscarf", "turban")
GLASSES = ("none", "clear", "tinted")
CLOTHES = ("tee", "vneck", "shirt", "suit", "sweater")
BACKDROPS = ("plain", "bokeh", "bricks", "foliage", "office")
LIGHTING = ("front", "side", "dim")
AGES = ("young", "adult", "senior")


class Traits:
    """The traits of n portraits by name: tensors `(n, 1, 1, 1)`, colours `(n, 3, 1, 1)`, kinds as int64 indices."""

    def __init__(self, whole: Traits | None = None, rows: Tensor | slice = slice(None)) -> None:
        self._whole, self._rows = whole, rows

    def __getattr__(self, name: str) -> Any:
        """A trait of the whole, cut down to these rows the first time that a layer asks for it."""
        if name.startswith("_") or self._whole is None:
            raise AttributeError(f"no trait is named {name}")
        value = getattr(self._whole, name)[self._rows]
        setattr(self, name, value)
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    def rows(self, rows: Tensor | slice) -> Traits:
        """The same traits of some of the portraits."""
        return Traits(self, rows)


def draw_traits(seed: int, ids: Sequence[str]) -> Traits:
    """Who is portrayed, and how: float32 tensors that depend on nothing but (seed, id)."""
    dice, t = Dice(seed, ids), Traits()
    for part in (_person, _head, _features, _hair, _expression, _dress, _photograph):
        part(dice, t)
    for name, value in vars(t).items():
        if isinstance(value, Tensor) and value.is_floating_point():
            setattr(t, name, value.float())
    return t


def _person(dice: Dice, t: Traits) -> None:
    t.monk = dice.choice([1] * 10)
    t.skin, t.dark = skin_light(t.monk), (t.monk / 9).double()
    t.age = dice.uniform()
    t.age_group = (t.age > 0.36).long() + (t.age > 0.74)
    t.old = ((t.age - 0.45) / 0.55).clamp(0, 1)
    t.feminine = dice.chance(0.5)


def _head(dice: Dice, t: Traits) -> None:
    t.width = dice.around(0.685, 0.022) - 0.015 * t.feminine
    t.depth = dice.around(0.80, 0.02)
    t.jaw = dice.around(-0.03, 0.06) - 0.06 * t.feminine
    t.chin = dice.uniform(0.2, 1)
    t.cheekbone = dice.uniform(0.2, 1)
    t.ear = dice.around(0.2, 0.02)
    t.neck = dice.around(0.44, 0.03) - 0.07 * t.feminine
    t.shoulder = dice.around(1.55, 0.1) - 0.12 * t.feminine


def _features(dice: Dice, t: Traits) -> None:
    t.eye_x, t.eye_y = dice.around(0.278, 0.01), dice.around(0.0, 0.018)
    t.eye_w, t.eye_h = dice.around(0.148, 0.007) + 0.008 * t.feminine, dice.around(0.076, 0.007) + 0.008 * t.feminine
    t.eye_slant = dice.around(0.06, 0.07)
    t.lid = dice.uniform() ** 2
    t.iris = palette(EYES)[dice.choice([2, 3, *(w * (1 - t.dark) ** 3 for w in (1.5, 1.2, 2.4, 1.2))]).flatten()]
    t.nose_y, t.nose_w = dice.around(0.36, 0.025), dice.around(0.108, 0.014) + 0.02 * t.dark
    t.bridge, t.nose_size = dice.uniform(0.06, 0.095), dice.uniform(0.75, 1.25)
    t.mouth_y, t.mouth_w = dice.around(0.615, 0.02), dice.around(0.215, 0.015)
    t.lip_u = dice.around(0.036, 0.008) + 0.012 * t.feminine + 0.01 * t.dark - 0.012 * t.old
    t.lip_l = dice.around(0.058, 0.01) + 0.014 * t.feminine + 0.012 * t.dark - 0.014 * t.old
    t.brow_y, t.brow_t = dice.around(-0.185, 0.02), dice.uniform(0.022, 0.046) - 0.01 * t.feminine
    t.brow_arch, t.brow_tilt = dice.uniform(0, 0.05) + 0.02 * t.feminine, dice.around(0, 0.06)
    t.lipstick = dice.chance(0.45 * t.feminine) * dice.uniform(0.4, 0.9)
    t.lip_colour = dice.blend(linear("b0303a"), linear("7a2444"))
    t.freckles = dice.chance(0.25) * dice.uniform(0.4, 1) * (1 - t.dark)
    t.rosy = dice.uniform(0.3, 1)


def _hair(dice: Dice, t: Traits) -> None:
    grey = (t.age - 0.5).clamp(min=0) ** 2 * 14
    t.hair_kind = dice.choice(
        [2 + 4 * t.dark, 2 - 0.8 * t.dark, 1.6 * (1 - t.dark) ** 2, 0.7 * (1 - t.dark) ** 2, grey, 0.12]
    )
    ends = [palette([c[end] for c in HAIR_COLOURS.values()])[t.hair_kind.flatten()] for end in (0, 1)]
    t.hair = dice.blend(ends[0], ends[1])
    t.brow = torch.where(t.hair_kind == 5, ends[0] * 0.2, t.hair)
    f, m, d = t.feminine, 1 - t.feminine, t.dark
    bald = m * (0.3 + t.old)
    t.hair_style = dice.choice(
        [
            *(bald, 0.8 * m + 0.3 * d, 2.6 * m + 0.35 * f, 1.6 * m + 0.3 * f, m * 1.6 * t.old, 0.3 * m + 0.9 * f),
            *(1.5 * f, 2.4 * f + 0.15 * m, 0.6 + 0.3 * d, 1.3 * d, f),
        ]
    )
    t.hairline = dice.around(-0.56, 0.04)
    t.hair_top, t.hair_side = dice.uniform(0.06, 0.17), dice.uniform(0.015, 0.06)
    t.part = dice.uniform(-1, 1)
    t.temple = dice.uniform(0, 0.12) * (1 - 0.7 * t.feminine)
    t.hair_length, t.hair_wave = dice.uniform(1.0, 1.75), dice.uniform(0, 0.1)
    t.strand, t.gloss = dice.uniform(0.25, 0.5), dice.uniform(0.3, 1)
    t.beard = dice.choice([1 + 20 * f, 0.5 * m, 0.3 * m, 0.3 * m, 0.6 * m])
    t.beard_length = dice.uniform(0.01, 0.1)
    t.noise_u, t.noise_v = dice.uniform(0, 128), dice.uniform(0, 128)


def _expression(dice: Dice, t: Traits) -> None:
    t.smiling = dice.chance(0.6)
    t.smile = torch.where(t.smiling > 0, dice.uniform(0.45, 1), dice.uniform(-0.25, 0.12))
    t.open = torch.where(
        t.smiling > 0, dice.chance(0.65) * dice.uniform(0.3, 1), dice.chance(0.15) * dice.uniform(0.15, 0.7)
    )
    t.lids = dice.uniform(0.72, 1.02) - 0.18 * t.smile.clamp(min=0)
    t.surprise = dice.around(0, 0.015)
    t.gaze_x, t.gaze_y = dice.around(0, 0.018), dice.around(0, 0.008)


def _dress(dice: Dice, t: Traits) -> None:
    f, m = t.feminine, 1 - t.feminine
    t.glasses = dice.choice([2.6, 1, 0.22])
    t.frame_w, t.frame_h = dice.around(0.2, 0.012), dice.around(0.14, 0.02)
    t.frame_round, t.frame_t = dice.uniform(0.3, 1), dice.uniform(0.008, 0.024)
    t.frame = dice.colour(FABRICS) * dice.uniform(0.05, 0.7)
    t.tint = torch.where(t.glasses == 2, dice.uniform(0.6, 0.95), dice.uniform(0, 0.06))
    t.hat = dice.choice([7, 0.45, 0.45, 0.4, 0.7 * f, 0.45 * m])
    t.hat_colour, t.hat_trim = dice.colour(FABRICS), dice.colour(FABRICS)
    t.earring = dice.chance(0.4 * f + 0.05)
    t.clothes = dice.choice([1.2, 0.8, 1.2, 0.6 * f + 1.6 * m, 0.9])
    t.cloth, t.shirt = dice.colour(FABRICS), dice.colour(SHIRTS)
    t.jacket, t.tie = dice.colour(SUITS), dice.colour(FABRICS)
    t.has_tie = dice.chance(0.75)
    t.pattern = dice.choice([3, 1, 1, 1])
    t.pattern_size, t.pattern_mix = dice.uniform(0.1, 0.3), dice.uniform(0.1, 0.45)
    t.pattern_colour = dice.colour(FABRICS)
    t.neckline = dice.uniform(0, 0.16)


def _photograph(dice: Dice, t: Traits) -> None:
    t.yaw, t.pitch, t.roll = dice.around(0, 0.23), dice.around(0, 0.07), dice.around(0, 0.06)
    t.scale = dice.around(0.615, 0.03)
    t.at_x, t.at_y = dice.around(0, 0.05), dice.around(-0.1, 0.035)
    t.body_x = dice.around(0, 0.05)
    t.light = dice.choice([5, 3, 1.6])
    side, dim = t.light == 1, t.light == 2
    azimuth = dice.uniform(0.5, 0.95) * (1 - 2 * dice.chance(0.5))
    t.light_x = torch.where(side, azimuth, dice.uniform(-0.45, 0.45))
    t.light_y = -dice.uniform(0.15, 0.55)
    t.key = torch.where(dim, dice.uniform(0.45, 0.6), dice.uniform(0.95, 1.15)) + 0.15 * side
    t.fill = torch.where(dim, dice.uniform(0.06, 0.12), dice.uniform(0.16, 0.32)) - 0.08 * side
    warmth = dice.around(0, 0.08)
    t.key_colour = torch.cat([1 + warmth, torch.ones_like(warmth), 1 - 1.2 * warmth], 1)
    t.fill_colour = torch.cat([1 - 0.4 * warmth, torch.ones_like(warmth), 1 + 0.6 * warmth], 1)
    t.backdrop = dice.choice([2.4, 1, 0.9, 1, 1])
    t.ground, t.ground_2 = dice.colour(MUTED), dice.colour(MUTED)
    t.ground_3, t.brick = dice.colour(MUTED + FABRICS), dice.colour(BRICKS)
    t.grain, t.vignette = dice.uniform(0.004, 0.02), dice.uniform(0, 0.25)
