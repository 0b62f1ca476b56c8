"""The head: a shaded surface of skin with ears, and the marks that age and expression leave on it."""

from __future__ import annotations

import torch
from torch import Tensor

from .geometry import bump, cover, ellipse, fraction, hill, ramp, root, stroke
from .scene import Scene

BLOOD = (1.0, 0.55, 0.42)  # how skin changes colour where blood shines through


def tinted(colour: Tensor, tint: tuple[float, float, float], amount: Tensor | float) -> Tensor:
    """`colour` multiplied by `tint` to a degree."""
    return colour * (1 - (1 - colour.new_tensor(tint).view(1, 3, 1, 1)) * amount)


def paint_head(s: Scene) -> None:
    """The bare head, the ears included; what it covers becomes the face."""
    alpha = cover(s.outline, s.pixel)
    s.paint(_skin_colour(s) * _skin_light(s) + _gloss(s), alpha)
    s.face = alpha
    for side in (-1, 1):
        _ear(s, side, alpha)


def nose_frame(s: Scene) -> tuple[Tensor, Tensor]:
    """Coordinates on the nose, which stands out from the head and so shifts sideways as the head turns."""
    out = 0.17 * ramp(s.Y, s.t.eye_y, s.t.nose_y)
    return s.X - out * s.pose.yaw_sin, s.Y - 0.15 * s.pose.pitch_sin - s.t.nose_y


def mouth_curve(s: Scene) -> tuple[Tensor, Tensor]:
    """Across the mouth from -1 to 1 between its corners, and down from the line where the lips meet."""
    x = (s.X - 0.05 * s.pose.yaw_sin) / (s.t.mouth_w * (1 + 0.28 * s.t.smile))
    return x, s.Y - s.t.mouth_y - 0.085 * s.t.smile * (0.6 - x * x)


def _relief(s: Scene) -> Tensor:
    """Height of the features above the ellipsoid."""
    nx, ny = nose_frame(s)
    ax, side = s.X.abs(), nx.abs()
    ridge = bump((nx / (s.t.bridge + 0.035 * ramp(ny, -0.3, 0))) ** 2) * ramp(ny, -0.42, -0.05) * ramp(ny, 0.09, 0.02)
    tip = hill(nx, ny, 0.095 * s.t.nose_size, 0.1)
    wings = hill(side - s.t.nose_w * 0.85, ny - 0.02, 0.055, 0.065)
    socket = hill(ax - s.t.eye_x, s.Y - s.t.eye_y, 0.21, 0.15)
    ball = hill(ax - s.t.eye_x, s.Y - s.t.eye_y - 0.01, 0.16, 0.1)
    cheek = hill(ax - 0.37, s.Y - 0.25 + 0.06 * s.t.smile, 0.26, 0.24) * (s.t.cheekbone + 0.6 * s.t.smile.clamp(min=0))
    ridge_brow = hill(ax - 0.27, s.Y - s.t.brow_y - 0.01, 0.3, 0.12)
    mx, my = mouth_curve(s)
    muzzle = hill(s.X, s.Y - s.t.mouth_y, 0.36, 0.26)
    lips = hill(mx, my + 0.03, 1, 0.05) + 1.3 * hill(mx, my - 0.045, 0.9, 0.06)
    chin = hill(s.X, s.Y - 0.86, 0.24, 0.16) * s.t.chin
    face = 0.07 * tip + 0.055 * ridge + 0.035 * wings - 0.05 * socket + 0.035 * ball + 0.05 * cheek
    return face + 0.02 * ridge_brow * (1.4 - s.t.feminine) + 0.03 * muzzle + 0.016 * lips + 0.035 * chin


def _slopes(height: Tensor, pixel: Tensor) -> tuple[Tensor, Tensor]:
    across, down = torch.zeros_like(height), torch.zeros_like(height)
    across[..., 1:-1] = height[..., 2:] - height[..., :-2]
    down[..., 1:-1, :] = height[..., 2:, :] - height[..., :-2, :]
    return across / (2 * pixel), down / (2 * pixel)


def head_normal(s: Scene, relief: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
    """Normal of the head's surface in the light's coordinates."""
    x, y, z = s.X / s.t.width**2, s.Y, s.Z / s.t.depth**2
    forward = s.pose.yaw_cos * z - s.pose.yaw_sin * x
    x = s.pose.yaw_cos * x + s.pose.yaw_sin * z
    y, z = s.pose.pitch_cos * y + s.pose.pitch_sin * forward, s.pose.pitch_cos * forward - s.pose.pitch_sin * y
    if relief is not None:
        length = root(x * x + y * y + z * z)
        across, down = _slopes(relief, s.pixel)
        x, y = x - across * length, y - down * length
    length = root(x * x + y * y + z * z)
    return x / length, y / length, z / length


def _skin_light(s: Scene) -> Tensor:
    s.normal = head_normal(s, _relief(s))
    light = s.lit(s.normal, wrap=0.45)
    rim = ramp(s.outline, -0.16, 0.0)
    nx, ny = nose_frame(s)
    under_nose = hill(nx + 0.06 * s.light[0], ny - 0.13, 0.17, 0.09)
    beside_nose = hill(nx.abs() - 0.14, s.Y - s.t.eye_y - 0.02, 0.11, 0.15)
    under_lip = hill(s.X, s.Y - s.t.mouth_y - 0.15 - 0.06 * s.t.open, 0.17, 0.06)
    socket = hill(s.X.abs() - s.t.eye_x, s.Y - s.t.eye_y + 0.03, 0.24, 0.15)
    dark = (
        0.3 * rim
        + 0.34 * under_nose
        + 0.22 * beside_nose
        + 0.3 * socket
        + 0.2 * under_lip
        + 0.12 * ramp(s.Y, 0.75, 1.05)
    )
    return light * (1 - dark)


def _skin_colour(s: Scene) -> Tensor:
    nx, ny = nose_frame(s)
    cheeks = hill(s.X.abs() - 0.38, s.Y - 0.28, 0.26, 0.22)
    red = 0.34 * cheeks + 0.3 * hill(nx, ny - 0.01, 0.16, 0.14) + 0.14
    colour = tinted(s.t.skin, BLOOD, (0.8 * red * s.t.rosy + 0.5).clamp(0, 1) * (1 - 0.5 * s.t.dark))
    pores = s.noise(s.X, s.Y, 34, 34, 3) * 0.03 + s.noise(s.X, s.Y, 13, 13, 5) * 0.016
    return colour * (1 + pores) * (1 - _marks(s)) * (1 - 0.5 * _freckles(s))


def _freckles(s: Scene) -> Tensor:
    place = hill(s.X.abs() - 0.22, s.Y - 0.2, 0.36, 0.24)
    return ramp(s.noise(s.X, s.Y, 24, 24, 17), 0.9, 1.7) * root(place) * s.t.freckles


def _marks(s: Scene) -> Tensor:
    """Folds and lines that darken the skin."""
    ax, smile = s.X.abs(), s.t.smile.clamp(min=0)
    along = (s.Y - s.t.nose_y - 0.03) / 0.3
    fold = stroke(ax - 0.14 - (0.13 + 0.04 * smile) * root(along.clamp(0, 1)), 0.022, 2 * s.pixel)
    fold = fold * hill(along - 0.45, along * 0, 0.62, 1) * (0.16 + 0.3 * s.t.old + 0.28 * smile)
    wave = s.Y * 11 + 0.35 * s.noise(s.X, s.Y, 3, 1, 7) + 1.2 * s.X * s.X
    brow_lines = cover((fraction(wave) - 0.1) / 11, 2 * s.pixel) * hill(s.X, s.Y + 0.43, 0.46, 0.17) * 0.5 * s.t.old
    bag = stroke(s.Y - s.t.eye_y - 0.115 + 1.2 * (ax - s.t.eye_x) ** 2, 0.02, 2 * s.pixel)
    bag = bag * hill(ax - s.t.eye_x, s.Y - s.t.eye_y - 0.11, 0.19, 0.1) * (0.1 + 0.3 * s.t.old)
    crow = hill(ax - 0.52, s.Y - s.t.eye_y, 0.12, 0.14) * (0.5 + 0.5 * s.noise(ax, s.Y, 4, 22, 25))
    return (fold + brow_lines + bag + crow.clamp(0, 1) * (0.25 * s.t.old + 0.1 * smile)).clamp(max=0.6)


def _gloss(s: Scene) -> Tensor:
    """Soft highlights of the oily skin, on forehead, cheekbones, nose and chin."""
    hx, hy, hz = s.light[0], s.light[1], s.light[2] + 1
    norm = root(hx * hx + hy * hy + hz * hz)
    shine = ((s.normal[0] * hx + s.normal[1] * hy + s.normal[2] * hz) / norm).clamp(min=0)
    for _ in range(4):
        shine = shine * shine
    return shine * s.t.key * s.t.key_colour * (0.07 + 0.05 * s.t.dark)


def _ear(s: Scene, side: int, head: Tensor) -> None:
    """One ear: before the head on the side that is turned to the viewer, behind it on the other."""
    x, y = s.pose.project(0.985 * side * s.t.width, 0.08, -0.1)
    turned = (-side * 4 * s.pose.yaw_sin).clamp(0, 1)
    half = (0.085 + 0.08 * -side * s.pose.yaw_sin).clamp(min=0.03)
    dx, dy = s.x - x - 0.25 * side * (y - s.y) * half, s.y - y
    shape = ellipse(dx, dy, half * (1 - 0.25 * (dy / s.t.ear).clamp(-1, 1)), s.t.ear)
    inner = hill(dx + 0.01 * side, dy + 0.02, half * 0.75, s.t.ear * 0.7)
    colour = tinted(s.t.skin, BLOOD, 0.8 - 0.4 * s.t.dark) * (1 - 0.45 * inner)
    facing = (0.75 + 0.5 * side * s.light[0]).clamp(min=0.1) * s.t.key * s.t.key_colour + s.t.fill * s.t.fill_colour
    alpha = cover(shape, s.pixel) * (1 - head * (1 - turned))
    s.paint(colour * facing * 0.85, alpha)
    s.face = s.face * (1 - alpha)
