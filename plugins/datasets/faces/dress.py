"""The neck, and five cuts of clothes: T-shirt, V-neck, shirt, suit and turtleneck."""

from __future__ import annotations

import torch
from torch import Tensor

from .geometry import cover, ellipse, fraction, hill, ramp, root, stroke
from .head import BLOOD, tinted
from .scene import Scene
from .traits import CLOTHES


def paint_body(s: Scene) -> None:
    """The neck, and the clothes over it."""
    _neck(s)
    _clothes(s)


def _neck(s: Scene) -> None:
    half = s.t.neck + 0.5 * ramp(s.body_y, 0.95, 1.6) ** 2
    nx = (s.body_x / half).clamp(-1, 1)
    normal = (nx, torch.zeros_like(nx), root((1 - nx * nx).clamp(min=0.02)))
    chin = 1 - 0.62 * ramp(s.outline + 0.12 * s.light[0] * nx, 0.34, 0.02)
    tendon = 1 + 0.05 * s.noise(s.body_x, s.body_y, 5, 1.5, 3) + 0.03 * s.noise(s.body_x, s.body_y, 30, 30, 4)
    colour = tinted(s.t.skin, BLOOD, 0.55 - 0.27 * s.t.dark)
    column = cover(s.body_x.abs() - half, s.pixel) * ramp(s.body_y, 0.35, 0.45)
    s.paint(colour * s.lit(normal) * chin * tendon * 0.92, column)


def _shoulder_line(s: Scene) -> Tensor:
    """Distance below which the clothes lie."""
    across = s.body_x / s.t.shoulder
    slope = 1.02 + 0.42 * ramp(across.abs(), 0.2, 1.05) + 0.5 * ramp(across.abs(), 0.85, 1.15)
    return slope - s.body_y


def _clothes(s: Scene) -> None:
    """Cloth from the shoulders down, open at the neck as its cut has it."""
    x, y, ax = s.body_x, s.body_y, s.body_x.abs()
    cut = [s.t.clothes == CLOTHES.index(name) for name in CLOTHES]
    tee = ellipse(x, y - 0.98, s.t.neck + 0.06 + s.t.neckline, 0.3 + 0.6 * s.t.neckline)
    vee = ax * 0.85 - 0.5 * (1.62 + s.t.neckline - y)
    shirt = ax * 0.8 - 0.55 * (1.28 + 0.6 * s.t.neckline - y)
    closed = torch.where(cut[0], tee, torch.where(cut[1], vee, torch.where(cut[4], 1.0, shirt)))  # negative: open
    line = _shoulder_line(s)
    collar = torch.maximum(ax - s.t.neck - 0.05, 0.98 + 0.12 * x * x - y)  # a turtleneck or a shirt's stand-up collar
    line = torch.where(cut[0] | cut[1], line, torch.minimum(line, collar))
    alpha = cover(torch.maximum(line, -closed), s.pixel)
    main = torch.where(cut[3], s.t.shirt, s.t.cloth)
    s.paint(_woven(s, main), alpha)
    edge = stroke(closed, 0.022, s.pixel) * cover(line, s.pixel)
    s.shade(1 - 0.3 * edge * (1 - cut[4].float()))
    s.where(cut[2] | cut[3], _collar)
    s.where(cut[3], _jacket)


def _woven(s: Scene, colour: Tensor) -> Tensor:
    """Cloth with a pattern, a weave and folds, under the light."""
    size = s.t.pattern_size
    p, q, soft = fraction(s.body_x / size), fraction(s.body_y / size), s.pixel / size
    stripes, checks = cover(q - 0.22, soft), (cover(p - 0.2, soft) + cover(q - 0.2, soft)) / 2
    shape = torch.where(s.t.pattern == 1, stripes, torch.where(s.t.pattern == 2, checks, cover(p - 0.08, soft)))
    shape = shape * (s.t.pattern > 0)
    colour = colour + (s.t.pattern_colour - colour) * shape * s.t.pattern_mix * (s.t.clothes != CLOTHES.index("suit"))
    weave = 1 + 0.06 * s.noise(s.body_x, s.body_y, 30, 30, 8) + 0.12 * s.noise(s.body_x, s.body_y, 2.2, 1.1, 9)
    bend = (s.body_x / s.t.shoulder).clamp(-0.95, 0.95)
    normal = (bend * 0.8, torch.full_like(bend, -0.45), root((1 - 0.64 * bend * bend - 0.2).clamp(min=0.05)))
    under_chin = 1 - 0.4 * hill(s.body_x, s.body_y - 1.0, 0.75, 0.42)
    return colour * weave * under_chin * s.lit(normal, 0.4)


def _collar(s: Scene) -> None:
    """The two wings of a shirt's collar."""
    ax, y = s.body_x.abs(), s.body_y
    inner, tip = 0.28 * (y - 1.3) - 0.9 * (ax - 0.5 * s.t.neck), y - 1.42 + 0.55 * (ax - 0.2)
    wing = torch.maximum(torch.maximum(inner, tip), torch.maximum(0.98 - y, ax - s.t.neck - 0.12))
    main = torch.where(s.t.clothes == CLOTHES.index("suit"), s.t.shirt, s.t.cloth)
    s.paint(_woven(s, main) * 1.08, cover(wing, s.pixel))
    s.shade(1 - 0.35 * stroke(wing, 0.014, s.pixel))


def _jacket(s: Scene) -> None:
    """Tie and suit, the lapels marked by their shadow."""
    ax, y = s.body_x.abs(), s.body_y
    knot = torch.maximum(ax - 0.11 + 0.25 * (y - 1.24), torch.maximum(1.2 - y, y - 1.4))
    blade = torch.maximum(ax - 0.075 - 0.1 * (y - 1.38), 1.38 - y)
    tie = cover(torch.minimum(knot, blade), s.pixel) * s.t.has_tie
    bands = 0.75 + 0.5 * cover(fraction((s.body_x + y) * 5) - 0.22, 5 * s.pixel) * (s.t.pattern > 0)
    s.paint(_woven(s, s.t.tie * bands), tie)
    s.shade(1 - 0.3 * stroke(knot, 0.014, s.pixel) * s.t.has_tie)
    front = 0.14 + 0.5 * (1.95 - y) - ax
    cloth = cover(torch.maximum(front * 0.9, _shoulder_line(s) - 0.03), s.pixel)
    s.paint(_woven(s, s.t.jacket), cloth)
    lapel = stroke(front + 0.24 - 0.1 * ramp(y, 1.5, 1.55), 0.014, s.pixel) + stroke(front + 0.015, 0.02, s.pixel)
    s.shade(1 - 0.4 * lapel.clamp(max=1) * cloth)
