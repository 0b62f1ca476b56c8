"""What makes one portrait differ from another: every trait is drawn from the image's own random stream.

Skin tones are the ten of the Monk Skin Tone Scale (Ellis Monk, 2019; https://skintone.google, CC BY 4.0), drawn
uniformly. The order of the draws is part of the data set: a new trait is drawn last.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from benchbench import generator

MONK = ("f6ede4", "f3e7db", "f7ead0", "eadaba", "d7bd96", "a07e56", "825c43", "604134", "3a312a", "292420")
HAIR_COLOURS = {
    "black": ("15100e", "1c1715"),
    "brown": ("2e1d13", "5a3a24"),
    "blond": ("8f6b3e", "d8b981"),
    "red": ("6a2a12", "a04e20"),
    "grey": ("6e6a67", "dad6d0"),
    "dyed": ("4a2a78", "c8508a"),
}
HAIR_STYLES = ("bald", "buzz", "short", "parted", "receding", "fringe", "bob", "long", "curly", "afro", "bun")
BEARDS = ("none", "stubble", "moustache", "goatee", "full")
HATS = ("none", "beanie", "cap", "brim", "headscarf", "turban")
GLASSES = ("none", "clear", "tinted")
CLOTHES = ("tee", "vneck", "shirt", "suit", "sweater")
BACKDROPS = ("plain", "bokeh", "bricks", "foliage", "office")
LIGHTING = ("front", "side", "dim")
AGES = ("young", "adult", "senior")
EYES = ("2a1a10", "4a2e18", "6d5028", "5a6a45", "5a7a94", "7d8a90")
DRAWS = 256


def linear(colour: str) -> Tensor:
    """A hexadecimal display colour as light, `(3, 1, 1)`; display value = sqrt(light), close to sRGB's curve."""
    return (torch.tensor(list(bytes.fromhex(colour)), dtype=torch.float64) / 255).square().view(3, 1, 1)


def palette(colours: Sequence[str]) -> Tensor:
    """Several colours as light, `(k, 3, 1, 1)`."""
    return torch.stack([linear(c) for c in colours])


class Dice:
    """The random numbers of a batch: each call takes the next one of every image's own stream, float64 `(n, 1, 1, 1)`."""

    def __init__(self, seed: int, ids: Sequence[str]) -> None:
        streams = [torch.rand(DRAWS, generator=generator(seed, "faces", i), dtype=torch.float64) for i in ids]
        self._columns = iter(torch.stack(streams).view(len(ids), DRAWS, 1, 1, 1).unbind(1))

    def uniform(self, low: float = 0.0, high: float = 1.0) -> Tensor:
        return low + (high - low) * next(self._columns)

    def around(self, centre: float, spread: float) -> Tensor:
        """A bell-shaped draw within `centre` ± 2 `spread` (the mean of two uniform ones)."""
        return centre + 2 * spread * (next(self._columns) + next(self._columns) - 1)

    def chance(self, p: Tensor | float) -> Tensor:
        return (next(self._columns) < p).double()

    def choice(self, weights: Sequence[Tensor | float]) -> Tensor:
        """An index, int64, with these odds; odds may differ from image to image."""
        u = next(self._columns)
        odds = torch.stack([torch.as_tensor(w, dtype=torch.float64).expand_as(u) for w in weights])
        bounds = odds.cumsum(0)
        return (u * bounds[-1] >= bounds[:-1]).sum(0)

    def blend(self, a: Tensor, b: Tensor) -> Tensor:
        """A colour between two, for each image."""
        return a + (b - a) * next(self._columns)

    def colour(self, low: float, high: float, vivid: float) -> Tensor:
        """Some colour, as light `(n, 3, 1, 1)`: its value in [low, high], its saturation up to `vivid`."""
        value, saturation, hue = self.uniform(low, high), self.uniform(0, vivid), self.uniform(0, 6)
        offsets = torch.tensor([0.0, 4.0, 2.0], dtype=torch.float64).view(1, 3, 1, 1)
        wheel = ((((hue + offsets) % 6) - 3).abs() - 1).clamp(0, 1)
        return (value * (1 + saturation * (wheel - 1))).square()


class Traits(SimpleNamespace):
    """The traits of n portraits by name: tensors `(n, 1, 1, 1)`, colours `(n, 3, 1, 1)`, kinds as int64 indices."""

    def __getattr__(self, name: str) -> Any:  # only reached for a name that no draw has set
        raise AttributeError(f"no trait is named {name}")

    def rows(self, rows: Tensor | slice) -> Traits:
        """The same traits of some of the portraits."""
        return Traits(**{name: value[rows] for name, value in vars(self).items()})


def draw_traits(seed: int, ids: Sequence[str]) -> Traits:
    """Who is portrayed, and how: float32 tensors that depend on nothing but (seed, id)."""
    dice, t = Dice(seed, ids), Traits()
    for part in (_person, _head, _features, _hair, _expression, _dress, _photograph):
        part(dice, t)
    return Traits(**{k: v.float() if v.is_floating_point() else v for k, v in vars(t).items()})


def _person(dice: Dice, t: Traits) -> None:
    t.monk = dice.choice([1] * 10)
    t.skin = palette(MONK)[t.monk.flatten()]
    t.dark = (t.monk / 9).double()
    t.age = dice.uniform()
    t.age_group = (t.age > 0.36).long() + (t.age > 0.74)
    t.old = ((t.age - 0.45) / 0.55).clamp(0, 1)
    t.feminine = dice.chance(0.5)


def _head(dice: Dice, t: Traits) -> None:
    t.width = dice.around(0.73, 0.025) - 0.02 * t.feminine
    t.depth = dice.around(0.80, 0.02)
    t.jaw = dice.around(0.04, 0.06) - 0.06 * t.feminine
    t.chin = dice.uniform(0.2, 1)
    t.cheekbone = dice.uniform(0.2, 1)
    t.ear = dice.around(0.2, 0.02)
    t.neck = dice.around(0.44, 0.03) - 0.07 * t.feminine
    t.shoulder = dice.around(1.55, 0.1) - 0.12 * t.feminine


def _features(dice: Dice, t: Traits) -> None:
    t.eye_x, t.eye_y = dice.around(0.295, 0.012), dice.around(-0.03, 0.02)
    t.eye_w, t.eye_h = dice.around(0.142, 0.008) + 0.008 * t.feminine, dice.around(0.062, 0.008) + 0.006 * t.feminine
    t.eye_slant = dice.around(0.06, 0.07)
    t.lid = dice.uniform() ** 2
    t.iris = palette(EYES)[dice.choice([2, 3, *(w * (1 - t.dark) for w in (1.5, 1.2, 2, 1))]).flatten()]
    t.nose_y, t.nose_w = dice.around(0.33, 0.025), dice.around(0.105, 0.014) + 0.02 * t.dark
    t.bridge, t.nose_size = dice.uniform(0.045, 0.075), dice.uniform(0.75, 1.25)
    t.mouth_y, t.mouth_w = dice.around(0.615, 0.02), dice.around(0.215, 0.015)
    t.lip_u = dice.around(0.036, 0.008) + 0.012 * t.feminine + 0.01 * t.dark - 0.012 * t.old
    t.lip_l = dice.around(0.058, 0.01) + 0.014 * t.feminine + 0.012 * t.dark - 0.014 * t.old
    t.brow_y, t.brow_t = dice.around(-0.205, 0.02), dice.uniform(0.018, 0.042) - 0.008 * t.feminine
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
    f, m, d = t.feminine, 1 - t.feminine, t.dark
    bald = m * (0.3 + t.old)
    t.hair_style = dice.choice(
        [bald, 0.8 * m + 0.3 * d, 2.6 * m + 0.7 * f, 1.6 * m, m * 1.6 * t.old, 0.3 * m + 0.9 * f]
        + [1.5 * f, 2.4 * f + 0.15 * m, 0.6 + 0.3 * d, 1.3 * d, 1 * f]
    )
    t.hairline = dice.around(-0.6, 0.04)
    t.hair_top, t.hair_side = dice.uniform(0.09, 0.19), dice.uniform(0.02, 0.06)
    t.part = dice.uniform(-1, 1)
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
    t.lids = dice.uniform(0.75, 1.15) - 0.18 * t.smile.clamp(min=0)
    t.surprise = dice.around(0, 0.015)
    t.gaze_x, t.gaze_y = dice.around(0, 0.018), dice.around(0, 0.008)


def _dress(dice: Dice, t: Traits) -> None:
    f, m = t.feminine, 1 - t.feminine
    t.glasses = dice.choice([2.6, 1, 0.22])
    t.frame_w, t.frame_h = dice.around(0.2, 0.012), dice.around(0.14, 0.02)
    t.frame_round, t.frame_t = dice.uniform(0.3, 1), dice.uniform(0.008, 0.024)
    t.frame = dice.colour(0.03, 0.55, 0.7) * dice.chance(0.75)
    t.tint = torch.where(t.glasses == 2, dice.uniform(0.6, 0.95), dice.uniform(0, 0.06))
    t.hat = dice.choice([7, 0.45, 0.45, 0.4, 0.9 * f, 0.45 * m])
    t.hat_colour, t.hat_trim = dice.colour(0.12, 0.85, 0.75), dice.colour(0.1, 0.9, 0.6)
    t.earring = dice.chance(0.4 * f + 0.05)
    t.clothes = dice.choice([1.2, 0.8, 1.2, 0.6 * f + 1.6 * m, 0.9])
    t.cloth, t.shirt = dice.colour(0.06, 0.95, 0.75), dice.colour(0.75, 0.98, 0.25)
    t.jacket, t.tie = dice.colour(0.06, 0.35, 0.45), dice.colour(0.15, 0.75, 0.9)
    t.has_tie = dice.chance(0.75)
    t.pattern = dice.choice([3, 1, 1, 1])
    t.pattern_size, t.pattern_mix = dice.uniform(0.1, 0.3), dice.uniform(0.1, 0.45)
    t.pattern_colour = dice.colour(0.1, 0.95, 0.7)
    t.neckline = dice.uniform(0, 0.16)


def _photograph(dice: Dice, t: Traits) -> None:
    t.yaw, t.pitch, t.roll = dice.around(0, 0.23), dice.around(0, 0.07), dice.around(0, 0.06)
    t.scale = dice.around(0.585, 0.028)
    t.at_x, t.at_y = dice.around(0, 0.05), dice.around(-0.1, 0.035)
    t.body_x = dice.around(0, 0.05)
    t.light = dice.choice([5, 3, 1.6])
    side, dim = t.light == 1, t.light == 2
    azimuth = dice.uniform(0.5, 0.95) * (1 - 2 * dice.chance(0.5))
    t.light_x = torch.where(side, azimuth, dice.uniform(-0.45, 0.45))
    t.light_y = -dice.uniform(0.15, 0.55)
    t.key = torch.where(dim, dice.uniform(0.3, 0.42), dice.uniform(0.85, 1.05)) + 0.12 * side
    t.fill = torch.where(dim, dice.uniform(0.06, 0.12), dice.uniform(0.2, 0.38)) - 0.1 * side
    warmth = dice.around(0, 0.08)
    t.key_colour = torch.cat([1 + warmth, torch.ones_like(warmth), 1 - 1.2 * warmth], 1)
    t.fill_colour = torch.cat([1 - 0.4 * warmth, torch.ones_like(warmth), 1 + 0.6 * warmth], 1)
    t.backdrop = dice.choice([2.4, 1, 0.9, 1, 1])
    t.ground, t.ground_2 = dice.colour(0.15, 0.85, 0.5), dice.colour(0.15, 0.95, 0.55)
    t.ground_3 = dice.colour(0.2, 0.95, 0.6)
    t.grain, t.vignette = dice.uniform(0.006, 0.028), dice.uniform(0, 0.25)
