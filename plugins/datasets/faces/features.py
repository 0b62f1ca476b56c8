"""Eyes, brows, nostrils and mouth, drawn on the surface of the head."""

from __future__ import annotations

import torch
from torch import Tensor

from .geometry import bump, cover, fraction, hill, ramp, root, stroke
from .head import mouth_curve, nose_frame, tinted
from .scene import Scene


def paint_features(s: Scene) -> None:
    """Everything between forehead and chin that is not plain skin."""
    inside = s.face
    _eyes(s, inside)
    _nostrils(s, inside)
    _mouth(s, inside)
    _brows(s, inside)


def _eyes(s: Scene, inside: Tensor) -> None:
    """Both eyes at once, mirrored; only the gaze tells left from right."""
    side = torch.where(s.X < 0, -1.0, 1.0)
    x = s.X.abs() - s.t.eye_x
    y = s.Y - s.t.eye_y + s.t.eye_slant * x
    k = 1 - (x / s.t.eye_w) ** 2
    height = s.t.eye_h * s.t.lids
    upper, lower = y + height * k, 0.62 * s.t.eye_h * (0.75 + 0.25 * s.t.lids) * k - y  # both > 0 in the open eye
    opening = cover(-torch.minimum(upper, lower), s.pixel) * inside
    light = s.t.key * (0.62 + 0.2 * s.light[2]) + s.t.fill
    shadow = 0.45 + 0.55 * ramp(upper, 0, 0.06)
    white = s.t.skin.new_tensor([0.7, 0.66, 0.63]).view(1, 3, 1, 1) * light
    s.paint(white * shadow, opening)
    _iris(s, x - side * s.t.gaze_x, y - s.t.gaze_y + 0.008, opening, light * shadow, side)
    lash = (s.t.brow * 0.3).clamp(max=0.03)
    near = (k > -0.12).float() * inside
    s.paint(lash, stroke(upper - 0.006, 0.015 + 0.008 * s.t.feminine, s.pixel) * near * 0.85)
    s.paint(s.t.skin * 0.25, stroke(lower, 0.008, s.pixel) * near * 0.4)
    crease = stroke(upper - 0.03 * k - 0.022, 0.012, 1.5 * s.pixel) * root(bump((x / (1.15 * s.t.eye_w)) ** 2))
    s.shade(1 - 0.45 * s.t.lid * crease * inside)


def _iris(s: Scene, x: Tensor, y: Tensor, opening: Tensor, light: Tensor, side: Tensor) -> None:
    r = root(x * x + y * y)
    fibres = 1 + 0.25 * s.noise(x * 30, y * 30, 1, 1)
    glow = 0.7 + 0.6 * ramp(y, -0.03, 0.05)  # light falls through the iris onto its far side
    limbus = 1 - 0.65 * ramp(r, 0.044, 0.062)
    s.paint(s.t.iris * fibres * glow * limbus * light * 1.5, cover(r - 0.064, s.pixel) * opening)
    s.paint(s.t.iris * 0.02, cover(r - 0.026, s.pixel) * opening)
    cx, cy = x - side * 0.035 * s.light[0], y - 0.035 * s.light[1]
    glint = cover(root(cx * cx + cy * cy) - 0.016, s.pixel)
    s.paint(s.t.key_colour * (0.4 + 0.6 * s.t.key), glint * opening * 0.9)


def _nostrils(s: Scene, inside: Tensor) -> None:
    x, y = nose_frame(s)
    holes = hill(x.abs() - 0.55 * s.t.nose_w, y - 0.075 + 0.25 * (x.abs() - 0.06), 0.05, 0.032)
    s.shade(1 - (0.85 * root(holes) * inside).clamp(max=0.85))
    wing = (x.abs() - s.t.nose_w - 0.012) ** 2 + (0.6 * (y - 0.015)) ** 2
    s.shade(1 - 0.25 * bump(wing / 0.03**2) * inside)


def _mouth(s: Scene, inside: Tensor) -> None:
    x, y = mouth_curve(s)
    k = (1 - x * x).clamp(min=-0.5)
    gap = 0.115 * s.t.open * k.clamp(min=0)
    bow = 1 - 0.3 * bump((x / 0.22) ** 2)
    top = y + 0.3 * gap + s.t.lip_u * bow * k * (1.25 - 0.25 * k)
    bottom = 0.7 * gap + s.t.lip_l * k * (0.7 + 0.3 * k) - y
    lips = cover(-torch.minimum(top, bottom), 1.3 * s.pixel) * inside
    pale = tinted(s.t.skin, (0.8, 0.36, 0.36), 0.95 - 0.35 * s.t.dark)
    colour = pale + (s.t.lip_colour * (0.9 - 0.4 * s.t.dark) - pale) * s.t.lipstick
    creases = 1 + 0.1 * s.noise(x * 1.3, y, 14, 4, 21)
    light = s.lit(s.normal, 0.5) * (1 - 0.22 * (y < 0).float())
    shine = hill(x - 0.2 * s.light[0], y - 0.7 * gap - 0.4 * s.t.lip_l, 0.5, 0.022)
    s.paint(colour * creases * light + 0.09 * shine * (0.4 + s.t.lipstick) * s.t.key, lips * 0.92)
    _teeth(s, x, y, gap, inside)
    s.shade(1 - 0.5 * stroke(y, 0.009, s.pixel) * (1 - ramp(gap, 0, 0.03)) * (k > -0.06).float() * inside)
    corner = hill(x.abs() - 1.02, y, 0.16, 0.035)
    s.shade(1 - 0.35 * corner * inside)


def _teeth(s: Scene, x: Tensor, y: Tensor, gap: Tensor, inside: Tensor) -> None:
    """The open mouth: darkness, the tongue, and the upper row of teeth in it."""
    inner = cover(-torch.minimum(y + 0.3 * gap, 0.7 * gap - y), s.pixel) * inside * (gap > 0.002).float()
    s.paint(s.t.skin.new_tensor([0.07, 0.018, 0.015]).view(1, 3, 1, 1), inner)
    tongue = hill(x, y - 0.75 * gap, 0.6, 0.05)
    s.paint(s.t.skin.new_tensor([0.35, 0.1, 0.1]).view(1, 3, 1, 1) * s.t.key, inner * tongue * 0.8)
    row = cover(y + 0.3 * gap - 0.062 - 0.012 * x * x, s.pixel) * inner
    between = 1 - 0.22 * stroke(fraction(x * 3.5) * 0.06, 0.004, s.pixel)
    enamel = s.t.skin.new_tensor([0.82, 0.78, 0.68]).view(1, 3, 1, 1) * (1 - 0.45 * x * x).clamp(min=0.2)
    s.paint(enamel * between * (0.75 * s.t.key + s.t.fill), row * 0.95)


def _brows(s: Scene, inside: Tensor) -> None:
    x = s.X.abs() - s.t.eye_x - 0.01
    arch = s.t.brow_arch * (1 - ((x - 0.04) / 0.19) ** 2)
    y = s.Y - s.t.brow_y + arch + s.t.brow_tilt * x + s.t.surprise - 0.05 * (x > 0.08).float() * (x - 0.08)
    half = s.t.brow_t * (1.1 - 0.7 * ramp(x, -0.05, 0.2))
    hairs = 1 + 0.3 * s.noise(s.X + 0.6 * s.Y, s.Y, 30, 12, 31)
    ends = ramp(x, -0.2, -0.13) * ramp(x, 0.22, 0.14)
    alpha = stroke(y, half, 1.5 * s.pixel) * ends * hairs * (0.9 - 0.3 * s.t.old)
    bare = s.t.brow * 0.55 + s.t.skin * 0.04
    s.paint(bare * (0.25 + 0.75 * s.t.key) * 0.9, (alpha * inside).clamp(0, 0.95))
