"""Hair of the head, behind it and on it, and beards."""

from __future__ import annotations

import torch
from torch import Tensor

from .geometry import bump, cover, ellipse, hill, ramp, root
from .head import head_normal, mouth_curve
from .scene import Scene
from .traits import BEARDS, HAIR_STYLES, HATS


def has_style(s: Scene, *names: str) -> Tensor:
    """1 where the hair has one of these styles, else 0, `(n, 1, 1, 1)`."""
    return sum(((s.t.hair_style == HAIR_STYLES.index(n)).float() for n in names), torch.zeros_like(s.pixel))


def paint_hair_behind(s: Scene) -> None:
    """Paint the hair behind the head, before the head."""
    s.where(_falls(s), _falling_behind)
    s.where(has_style(s, "bun") * (s.t.hat == 0) > 0, _bun)


def paint_hair(s: Scene) -> None:
    """Paint the hair over the head, from the hairline up."""
    s.where((has_style(s, "bald") == 0) & (s.t.hat != HATS.index("headscarf")), _cap)
    s.where(_falls(s), _curtains)


def _falls(s: Scene) -> Tensor:
    return (has_style(s, "bob", "long") > 0) & (s.t.hat != HATS.index("headscarf"))


def paint_beard(s: Scene) -> None:
    """Stubble, moustache, goatee or full beard, over skin and lips' surroundings."""
    s.where(s.t.beard > 0, _beard)


def _strands(s: Scene, curly: Tensor) -> Tensor:
    """Brightness of the strands, about 1: they run from the crown outwards and then down, or curl."""
    px, py = s.x - 0.3 * s.t.part * has_style(s, "parted", "fringe"), s.y + 1.0
    r = root(px * px + py * py) + 0.25
    across = px / r * 1.1 + 0.3 * px + s.t.hair_wave * s.broad_noise(px, py, 1.6, 1.6, 60)
    u, v = torch.where(curly > 0, s.x, across), torch.where(curly > 0, s.y, r)
    fine = s.noise(u, v, 34 - 12 * curly, 2.5 + 19.5 * curly)
    return 1 + s.t.strand * (0.6 * fine + 0.55 * s.noise(u, v, 15 - 4 * curly, 1.5 + 9.5 * curly, 13))


def _hair_light(s: Scene) -> Tensor:
    """Shaded strands with a band of gloss where the hair turns to the light."""
    curly = has_style(s, "curly", "afro", "buzz")
    nx, ny, nz = head_normal(s)
    strands = _strands(s, curly)
    light = s.lit((nx, ny, nz), wrap=0.5)
    toward = ny - 0.7 * s.light[1] + 0.35 * (1 - nx * s.light[0]) - 0.25
    band = bump((toward / 0.33) ** 2) * (0.35 + 0.65 * strands).clamp(min=0)
    shine = band * (1 - 0.75 * curly) * s.t.gloss * s.t.key * s.t.key_colour
    return (s.t.hair * strands.clamp(min=0.15) * 1.25 + 0.02) * light + shine * (0.045 + 0.28 * s.t.hair)


def _hairline(s: Scene) -> Tensor:
    """How far below the hairline a point of the head lies."""
    fringe, parted = has_style(s, "fringe"), has_style(s, "parted")
    line = s.t.hairline + 0.36 * fringe - 0.62 * has_style(s, "receding") - 0.05 * s.t.old * (1 - fringe)
    line = line + parted * 0.16 * s.t.part * s.X * (1 + s.X * s.t.part) + 0.08 * fringe * s.t.part * s.X
    edge = (s.X / s.t.width) ** 2
    line = line - (s.t.temple + 0.02) * bump(((s.X.abs() - 0.6 * s.t.width) / 0.3) ** 2)
    side = 0.62 * edge * edge + has_style(s, "receding") * 0.75 * edge
    lowest = 0.14 + 0.4 * has_style(s, "curly", "afro")
    jag = s.noise(s.X, s.Y, 16, 4, 37) * (0.012 + 0.035 * fringe) + s.noise(s.X, s.Y, 4, 3, 41) * 0.015
    return s.Y - torch.minimum(line + side, lowest) - jag


def _thickness(s: Scene) -> Tensor:
    """How far the hair stands off the head."""
    afro, curly, flat = has_style(s, "afro"), has_style(s, "curly"), has_style(s, "buzz", "receding", "bun")
    top = ramp(s.y, 0.1, -0.85)
    height = s.t.hair_side + (s.t.hair_top - s.t.hair_side) * top
    lift = has_style(s, "parted") * 0.05 * top * (0.5 - s.x * s.t.part)
    height = (height + lift) * (1 - 0.75 * flat) + afro * (0.22 + 1.3 * s.t.hair_top) + curly * (0.1 + 0.08 * top)
    height = height + (0.13 - height) * has_style(s, "bob", "long")
    hat = (s.t.hat > 0).float()
    height = height + (torch.minimum(height, 0.06 + 0.25 * ramp(s.y, -0.4, 0.0)) - height) * hat
    rough = 0.012 + 0.024 * (afro + curly)
    height = height * (1 - (afro + curly) * ramp(s.y, -0.1, 0.75))
    return height + rough * s.noise(s.x, s.y, 9, 9, 47)


def _cap(s: Scene) -> None:
    low = _hairline(s)
    soft = 1.5 * s.pixel + 0.05 + 0.05 * has_style(s, "buzz")
    inside = cover(s.outline - _thickness(s), 1.2 * s.pixel)
    alpha = cover(low, soft) * inside * (1 - 0.25 * has_style(s, "buzz"))
    s.shade(1 - 0.3 * hill(low, low * 0, 0.12, 1) * s.face)
    s.paint(_hair_light(s), alpha)
    s.hide(alpha)


def _width(s: Scene) -> Tensor:
    """Half the width of falling hair at each height, in which it waves."""
    wave = s.t.hair_wave * (s.broad_noise(s.y, s.y * 0, 2.2, 1, 5) + 0.4 * s.broad_noise(s.x, s.y, 5, 5, 9))
    tuck = 0.22 * ramp(s.y, 0.3, _end(s)) * has_style(s, "bob")
    return s.t.width + 0.12 + 0.12 * ramp(s.y, 0.0, 0.9) * s.t.gloss + wave * ramp(s.y, 0.0, 0.5) - tuck


def _end(s: Scene) -> Tensor:
    long = has_style(s, "long")
    return 0.62 + 0.2 * s.t.part + (s.t.hair_length - 0.62) * long + 0.05 * s.noise(s.x, s.y, 12, 1, 15)


def _falling_behind(s: Scene) -> None:
    shape = torch.maximum(s.x.abs() - _width(s), s.y - _end(s))
    alpha = cover(shape, 1.3 * s.pixel) * cover(-s.y, s.pixel)
    s.paint(_hair_light(s) * 0.55, alpha)


def _curtains(s: Scene) -> None:
    """Hair that falls beside the face, before ears and shoulders."""
    x = s.x - 0.12 * s.pose.yaw_sin
    wave = 0.5 * s.t.hair_wave * s.broad_noise(s.y, s.y * 0, 1.5, 1, 23)
    inner = s.t.width * (0.86 - 0.1 * bump(((s.y - 0.25) / 0.9) ** 2)) + wave
    inner = inner + 0.1 * ramp(s.y, 0.4, 1.2)
    inner = torch.maximum(inner - x.abs(), -0.15 - s.outline)  # even of a turned face, hair hides but the edge
    outer = torch.where(s.y < 0, s.outline - 0.13, s.x.abs() - _width(s))
    shape = torch.maximum(torch.maximum(inner, outer), s.y - _end(s))
    alpha = cover(shape, 1.4 * s.pixel) * cover(-0.35 - s.y, 0.04)
    s.shade(1 - 0.3 * hill(inner, s.y * 0, 0.14, 1) * s.face * ramp(s.y, -0.4, -0.1))
    s.paint(_hair_light(s), alpha)
    s.hide(alpha)


def _bun(s: Scene) -> None:
    x, y = s.pose.project(0.0, -1.12, -0.2)
    dx, dy = s.x - x, s.y - y
    knot = ellipse(dx, dy, 0.32, 0.26) + 0.012 * s.noise(dx, dy, 9, 9)
    swirl = s.noise(root(dx * dx + dy * dy), dx, 18, 3, 3)
    s.paint(
        s.t.hair * (1 + s.t.strand * swirl) * (0.9 - 0.6 * dy / 0.3) * (0.7 * s.t.key + s.t.fill), cover(knot, s.pixel)
    )


def _beard(s: Scene) -> None:
    full, stubble = s.t.beard == BEARDS.index("full"), s.t.beard == BEARDS.index("stubble")
    goatee, moustache = s.t.beard == BEARDS.index("goatee"), s.t.beard == BEARDS.index("moustache")
    x, y = mouth_curve(s)
    ragged = 0.03 * s.noise(s.X, s.Y, 9, 9, 53)
    lip = 1 - ramp(torch.maximum(x.abs() - 1.0, (y - 0.02 - 0.03 * s.t.open).abs() / 0.085 - 1), 0.12, -0.1)
    side = s.X.abs() / s.t.width
    line = 0.3 + 0.42 * bump((side / 0.85) ** 2) - 0.35 * ramp(side, 0.74, 0.96)  # up the sides, it meets the hair
    jaw = ramp(s.Y - line + ragged, -0.04, 0.06) * lip
    over = root(hill(x * 0.8, y + 0.105 - 0.05 * x * x, 1, 0.085)) * ramp(y, 0.03, -0.03)
    point = root(hill(s.X + ragged, s.Y - 0.86, 0.26, 0.26)) * lip
    shape = jaw * (full | stubble).float() + point * goatee.float()
    shape = torch.maximum(shape, over * (1.25 - 0.45 * stubble.float()) * (full | stubble | goatee | moustache).float())
    length = s.t.beard_length * (full.float() + 0.4 * goatee.float()) * ramp(s.y, 0.2, 0.8)
    inside = cover(s.outline - length - 0.4 * ragged * full.float(), 1.3 * s.pixel)
    hairs = 0.6 * s.noise(s.X, s.Y - 0.3 * s.X.abs(), 32, 17, 71) + 0.4 * s.noise(s.X, s.Y, 14, 9, 73)
    alpha = (shape.clamp(0, 1) * inside * (0.92 + 0.12 * hairs)).clamp(0, 1) * (
        1 - stubble.float() * (0.62 - 0.2 * hairs)
    )
    light = s.lit(s.normal, 0.5)
    s.paint((s.t.brow * 0.8 * (1 + s.t.strand * hairs).clamp(min=0.2) + 0.012) * light, alpha)
