"""Colours of the site: text and lines have the contrast of WCAG AA, in both themes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[3] / "benchbench" / "boards" / "site" / "static"


def channel(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def luminance(colour: list[float]) -> float:
    red, green, blue = map(channel, colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: list[float], other: list[float]) -> float:
    """As WCAG 2.2 defines it."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def palette() -> dict[str, tuple[list[float], list[float]]]:
    """Custom colour -> (light, dark), each red, green and blue in [0, 1]."""

    def parts(text: str) -> list[float]:
        digits = text if len(text) == 6 else "".join(2 * digit for digit in text)
        return [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]

    found = re.findall(r"--([\w-]+): light-dark\(#(\w+), #(\w+)\)", (STATIC / "site.css").read_text(encoding="utf-8"))
    return {name: (parts(light), parts(dark)) for name, light, dark in found}


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_and_lines_have_the_contrast_of_wcag_aa(theme: int) -> None:
    colours = {name: pair[theme] for name, pair in palette().items()}
    for text in ("ink", "quiet", "accent"):
        for ground in ("page", "raised", "warn"):
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for line in ("edge", "accent", *(f"c{i}" for i in range(7))):
        assert contrast(colours[line], colours["page"]) >= 3, line
    for heat, share in (("gain", 0.36), ("loss", 0.33)):
        mixed = [share * a + (1 - share) * b for a, b in zip(colours[heat], colours["page"], strict=True)]
        assert contrast(colours["ink"], mixed) >= 4.5, heat
