"""Things worn on the head: earrings, glasses, hats, scarves and turbans."""

from __future__ import annotations

import torch
from torch import Tensor

from .geometry import box, bump, cover, ellipse, fraction, hill, ramp, stroke
from .head import head_normal, tinted
from .scene import Scene
from .traits import HATS


def paint_accessories(s: Scene) -> None:
    """Earrings, glasses, and whatever covers the hair."""
    s.where((s.t.earring > 0) & (s.t.hat != HATS.index("headscarf")), _earrings)
    s.where(s.t.glasses > 0, _glasses)
    for name, layer in (("beanie", _beanie), ("cap", _baseball_cap), ("brim", _brimmed_hat), ("headscarf", _headscarf)):
        s.where(s.t.hat == HATS.index(name), layer)
    s.where(s.t.hat == HATS.index("turban"), _turban)


def _earrings(s: Scene) -> None:
    for side in (-1, 1):
        x, y = s.pose.project(side * (s.t.width + 0.03), 0.08 + 1.1 * s.t.ear, -0.1)
        seen = (1 + 5 * -side * s.pose.yaw_sin).clamp(0, 1)
        drop = ellipse(s.x - x, s.y - y - 0.05, torch.full_like(s.pixel, 0.035), 0.05)
        gold = s.t.skin.new_tensor([0.85, 0.62, 0.22]).view(1, 3, 1, 1) * (0.5 * s.t.key + s.t.fill)
        s.paint(gold + 0.5 * hill(s.x - x + 0.01, s.y - y - 0.04, 0.02, 0.02), cover(drop, s.pixel) * seen)


def _glasses(s: Scene) -> None:
    """Frames stand a little before the face, so they shift as it turns; temples run back to the ears."""
    x = (s.X - 0.06 * s.pose.yaw_sin).abs()
    y = s.Y - s.t.eye_y - 0.015
    lens = box(x - s.t.eye_x - 0.005, y, s.t.frame_w, s.t.frame_h, s.t.frame_round * s.t.frame_h)
    on = s.face
    glass = cover(lens, s.pixel) * on
    tint = tinted(s.t.frame, (0.5, 0.5, 0.5), 1.0) * 0.3 * s.t.key
    s.paint(tint + 0.02, glass * s.t.tint)
    sheen = ramp(x * 0.7 - y * 1.2 + 0.3 * s.light[0] * s.X, 0.2, 0.4) * ramp(x * 0.7 - y * 1.2, 0.55, 0.4)
    s.paint(s.t.key_colour * s.t.key, glass * sheen * (0.05 + 0.12 * s.t.tint))
    s.shade(1 - 0.3 * stroke(lens - 0.03, 0.025, 2 * s.pixel) * on)
    bridge = stroke(y + 0.03 - 0.4 * x * x, s.t.frame_t, s.pixel) * (x < s.t.eye_x - s.t.frame_w + 0.01).float()
    temple = stroke(y + 0.045, s.t.frame_t, s.pixel) * (x > s.t.eye_x + s.t.frame_w - 0.01).float()
    frame = torch.maximum(stroke(lens, s.t.frame_t, s.pixel), torch.maximum(bridge, temple)) * on
    s.paint(s.t.frame * (0.6 * s.t.key + s.t.fill) + 0.015, frame)


def _felt(s: Scene, colour: Tensor, weave: float, depth: float = 0.1) -> Tensor:
    texture = 1 + depth * s.noise(s.x, s.y, weave, weave, 81) + 0.08 * s.noise(s.x, s.y, 3, 3, 83)
    return colour * texture * s.lit(head_normal(s), 0.45)


def _dome(s: Scene, rim: Tensor, stand: Tensor | float, colour: Tensor) -> None:
    """A crown of cloth above the line `rim` < 0, with the shadow that it throws on the forehead."""
    s.shade(1 - 0.45 * ramp(rim, 0.16, 0.0) * s.face)
    snug = 0.05 + (stand - 0.05) * ramp(rim, 0.0, -0.22)  # it bulges from a rim that hugs the head
    alpha = cover(torch.maximum(s.outline - snug, rim), s.pixel)
    s.paint(colour, alpha)
    s.hide(alpha)


def _beanie(s: Scene) -> None:
    rib = 0.85 + 0.3 * cover(fraction(s.X * 11) - 0.25, 11 * s.pixel)
    rim = s.Y + 0.34 - 0.18 * s.X * s.X
    band = cover(-rim - 0.24, s.pixel)
    colour = s.t.hat_colour + (s.t.hat_trim - s.t.hat_colour) * band * (s.t.pattern > 0)
    _dome(s, rim, 0.17, _felt(s, colour, 16) * rib * (1 - 0.25 * stroke(rim + 0.24, 0.02, s.pixel)))


def _baseball_cap(s: Scene) -> None:
    seam = 1 - 0.3 * stroke(s.X.abs() - 0.3 * (1 - 0.5 * s.Y * s.Y), 0.012, s.pixel)
    rim = s.Y + 0.42 - 0.12 * s.X * s.X
    _dome(s, rim, 0.16, _felt(s, s.t.hat_colour, 28) * seam)
    x, y = s.pose.project(0.0, -0.4, 1.02)
    dx, dy = s.x - x, s.y - y
    visor = ellipse(dx, dy + 0.18 * dx * dx - 0.02, torch.full_like(s.pixel, 0.64), 0.17)
    alpha = cover(visor, s.pixel)
    s.shade(1 - 0.5 * ramp(visor, 0.22, 0.0) * s.face * (dy > 0).float())
    s.paint(_felt(s, s.t.hat_trim, 28) * (0.85 - 1.4 * dy).clamp(0.5, 1.1), alpha)
    s.hide(alpha)


def _brimmed_hat(s: Scene) -> None:
    rim = s.Y + 0.46
    colour = s.t.hat_colour + (s.t.hat_trim * 0.5 - s.t.hat_colour) * cover(-(rim + 0.2), s.pixel)
    _dome(s, rim, 0.22 - 0.1 * bump((s.X / 0.25) ** 2) * ramp(s.y, -0.9, -1.1), _felt(s, colour, 22, 0.08))
    x, y = s.pose.project(0.0, -0.44, 0.1)
    dx, dy = s.x - x, s.y - y
    brim = ellipse(dx, dy + 0.06 * dx * dx, torch.full_like(s.pixel, 1.15), 0.17 + 0.3 * s.pose.pitch_sin.clamp(min=0))
    alpha = cover(brim, s.pixel)
    s.shade(1 - 0.5 * ramp(s.Y, 0.15, -0.3) * s.face)
    s.paint(_felt(s, s.t.hat_colour, 22, 0.08) * (0.8 - 1.5 * dy).clamp(0.4, 1.15), alpha)
    s.hide(alpha)


def _headscarf(s: Scene) -> None:
    """A cloth around the face and down over neck and shoulders."""
    opening = ellipse(s.X, s.Y - 0.16, 0.86 * s.t.width, torch.full_like(s.pixel, 0.82))
    drape = s.body_x.abs() - (0.62 + 0.75 * ramp(s.body_y, 0.5, 1.7))
    drape = torch.maximum(drape, 0.3 - s.body_y)
    cloth = torch.maximum(torch.minimum(s.outline - 0.15, drape), -opening)
    folds = s.noise(s.body_x.abs() + 0.5 * s.body_y, s.body_y - s.body_x, 5, 1.3, 61) * 0.22
    swirl = 0.12 * s.noise(s.outline, s.x, 14, 2, 67)
    dots = cover(fraction(s.x / s.t.pattern_size) + fraction(s.y / s.t.pattern_size) - 0.3, s.pixel / s.t.pattern_size)
    colour = s.t.hat_colour + (s.t.hat_trim - s.t.hat_colour) * dots * (s.t.pattern == 2) * 0.6
    s.shade(1 - 0.4 * ramp(-opening, 0.0 - 0.12, 0.0) * s.face)
    alpha = cover(cloth, s.pixel)
    s.paint(_felt(s, colour, 26, 0.05) * (1 + folds + swirl), alpha)
    s.hide(alpha)


def _turban(s: Scene) -> None:
    rim = s.Y + 0.44 - 0.5 * s.X * s.X - 0.1 * s.X
    wrap = fraction((s.y + 0.55 * s.x.abs() + 0.1 * s.x) * 4)
    folds = 0.75 + 0.7 * wrap
    _dome(s, rim, 0.3 - 0.1 * ramp(s.y, -0.6, -0.2), _felt(s, s.t.hat_colour, 20, 0.07) * folds)
