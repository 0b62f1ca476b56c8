"""The colours of portraits, and their light. Skin: the Monk Skin Tone Scale (Ellis Monk, 2019; skintone.google).

A display shows the square root of light here, which is close to sRGB's curve and, unlike it, rounded alike everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

MONK = ("f6ede4", "f3e7db", "f7ead0", "eadaba", "d7bd96", "a07e56", "825c43", "604134", "3a312a", "292420")
HAIR_COLOURS = {
    "black": ("15100e", "1c1715"),
    "brown": ("2e1d13", "5a3a24"),
    "blond": ("8f6b3e", "d8b981"),
    "red": ("6a2a12", "a04e20"),
    "grey": ("6e6a67", "dad6d0"),
    "dyed": ("4a2a78", "c8508a"),
}
MUTED = ("5b6f86", "8d9aa5", "b9b2a6", "6f6558", "3d4652", "8a7f6b", "a8b4b8", "55614f", "7b5444", "d8d5ce", "2f3136")
FABRICS = (
    *("1f2a44", "2b2d31", "e8e6e1", "8b8e92", "5e2028", "28463a", "47638a"),
    *("c2ab88", "b98a2f", "2f6b70", "b87f83", "161618", "a9bfd6", "a3302c", "6a5a7e"),
)
SUITS = ("1c2333", "26282c", "3a3d44", "141417", "463a33", "2e3b52")
SHIRTS = ("eceae6", "dfe6f0", "c4d3e6", "f0e6e2", "e6e3d4")
BRICKS = ("8c4a34", "7a5647", "9a8a7c", "6d6a68", "a4694c")
EYES = ("2a1a10", "4a2e18", "6d5028", "5a6a45", "5a7a94", "7d8a90")


def linear(colour: str) -> Tensor:
    """A hexadecimal display colour as light, `(3, 1, 1)`."""
    return (torch.tensor(list(bytes.fromhex(colour)), dtype=torch.float64) / 255).square().view(3, 1, 1)


def palette(colours: Sequence[str]) -> Tensor:
    """Several colours as light, `(k, 3, 1, 1)`."""
    return torch.stack([linear(c) for c in colours])


def skin_light(monk: Tensor) -> Tensor:
    """The light from skin of the tones 0 to 9, `(n, 3, 1, 1)`: the published colour, as exposed in a photograph."""
    return palette(MONK)[monk.flatten()] * (0.76 + 2.6 * (monk / 9).double() ** 4)
