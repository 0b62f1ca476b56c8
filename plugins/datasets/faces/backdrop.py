"""The backdrop behind the person: a studio's plain wall, lights out of focus, bricks, foliage or an office."""

from __future__ import annotations

from .geometry import bump, cover, fraction, ramp, root
from .scene import Scene
from .traits import BACKDROPS


def paint_backdrop(s: Scene) -> None:
    """A wall with a gradient behind everybody, and before it whatever the place has."""
    _wall(s)
    for name, layer in (("bokeh", _bokeh), ("bricks", _bricks), ("foliage", _foliage), ("office", _office)):
        s.where(s.t.backdrop == BACKDROPS.index(name), layer)


def _wall(s: Scene) -> None:
    glow = bump(((s.u - 0.5 * s.t.light_x) ** 2 + (s.v + 0.3) ** 2) / 5)
    clouds = s.broad_noise(s.u, s.v, 1.3, 1.3) * 0.08 + s.noise(s.u, s.v, 5, 5, 40) * 0.02
    s.canvas += s.t.ground * (0.45 + 0.75 * glow + clouds) * (0.55 + 0.45 * s.t.key)


def _bokeh(s: Scene) -> None:
    for k, size in enumerate((0.34, 0.24, 0.17)):
        cell = 2.6 * size
        x, y = s.u / cell + s.t.noise_u * (k + 1), s.v / cell + s.t.noise_v + 0.31 * k
        column, row = x.floor(), y.floor()
        hash_ = s.noise(column * 7.3, row * 5.9, 1, 1, 9.0 * k).clamp(-1, 1)
        dx, dy = x - column - 0.5 + 0.12 * hash_, y - row - 0.5 - 0.1 * hash_
        disc = cover(root(dx * dx + dy * dy) * cell - size * (0.7 + 0.15 * hash_), 0.07)
        colour = s.t.ground_2 + (s.t.ground_3 - s.t.ground_2) * (0.5 + 0.5 * hash_)
        s.paint(colour * (0.7 + 0.5 * s.t.key), disc * (0.35 + 0.3 * hash_).clamp(0, 0.75))


def _bricks(s: Scene) -> None:
    x, y = s.u * 2.2 + s.t.noise_u, s.v * 5.5 + s.t.noise_v
    row = y.floor()
    x = x + 0.5 * (row % 2)
    column = x.floor()
    tone = s.noise(column * 3.7, row * 5.3, 1, 1)
    rough = s.noise(s.u, s.v, 22, 22, 50) * 0.07 + s.noise(s.u, s.v, 9, 9, 60) * 0.06
    joint = cover((fraction(x) - 0.035) / 2.2, 0.05) + cover((fraction(y) - 0.09) / 5.5, 0.05)
    s.paint(s.t.brick * (0.75 + 0.18 * tone + rough) * (0.4 + 0.4 * s.t.key), s.pixel * 0 + 1)
    s.paint(s.t.ground_3 * (0.8 + rough), 0.7 * joint.clamp(max=1))


def _foliage(s: Scene) -> None:
    leaves = (
        s.broad_noise(s.u, s.v, 4.5, 4.5) * 0.5
        + s.broad_noise(s.u, s.v, 10, 10, 30) * 0.32
        + s.noise(s.u, s.v, 21, 21, 70) * 0.2
    )
    green = s.t.ground.new_tensor([0.16, 0.3, 0.07]).view(1, 3, 1, 1)
    tint = green + (s.t.ground_2 - green) * 0.18
    s.paint(tint * (0.5 + 0.36 * leaves).clamp(min=0.06), s.pixel * 0 + 1)
    gaps = ramp(s.broad_noise(s.u, s.v, 3.2, 3.2, 90) + 0.4 * leaves - 0.7 * s.v, 0.5, 2.2)
    s.paint(s.t.ground.new_tensor([0.6, 0.7, 0.72]).view(1, 3, 1, 1) * s.t.key, 0.9 * gaps)


def _office(s: Scene) -> None:
    pane = s.u * 1.4 + s.t.noise_u
    frame = cover(fraction(pane) - 0.06, 0.06)
    sill = ramp(s.v, 0.15 + 0.2 * s.t.light_x, 0.22 + 0.2 * s.t.light_x)
    slats = 0.85 + 0.3 * fraction(s.v * 7)
    view = s.t.ground_3 + (s.t.ground_2 - s.t.ground_3) * (0.5 + 0.4 * s.broad_noise(s.u, s.v, 3.5, 2.5, 20)).clamp(
        0, 1
    )
    s.paint(view * slats * (0.45 + 0.5 * s.t.key), 1 - sill)
    cabinet = cover(fraction(s.u * 1.9 + s.t.noise_v) - 0.03, 0.06) + cover(fraction(s.v * 2.6) - 0.03, 0.08)
    grain = 0.55 + 0.05 * s.noise(s.u, s.v, 4, 22, 30)
    s.paint(s.t.ground * grain * (1 - 0.5 * cabinet.clamp(max=1)) * (0.4 + 0.6 * s.t.key), sill * 0.9)
    s.paint(s.t.ground_2 * 0.3, 0.75 * frame * (1 - sill))
