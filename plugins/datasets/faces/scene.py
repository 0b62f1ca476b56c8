"""A batch of portraits being painted: the canvas, its coordinates, and the surface of the head under the light."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import torch
from torch import Tensor

from .geometry import Pose, broad_noise, noise, root
from .traits import Traits


@dataclass
class Scene:
    """Planes are float32 `(n, 1, H, W)`. The unit of all coordinates but `u` and `v` is half the height of the head."""

    t: Traits
    pose: Pose
    canvas: Tensor
    """Light, `(n, 3, H, W)`; what a camera shows is its square root."""
    face: Tensor
    """How much of each pixel shows the face."""
    pixel: Tensor
    """Side of a pixel, `(n, 1, 1, 1)`."""
    u: Tensor
    """Across the image, -1 to 1."""
    v: Tensor
    """Down the image, -1 to 1."""
    body_x: Tensor
    body_y: Tensor
    x: Tensor
    """Across the head as it is seen, rolled with it."""
    y: Tensor
    X: Tensor
    """Across the head itself: where on its surface a pixel lies."""
    Y: Tensor
    Z: Tensor
    outline: Tensor
    """Distance from the outline of the head, negative inside."""
    light: tuple[Tensor, Tensor, Tensor]
    """Direction of the light, in the coordinates of x and y."""
    normal: tuple[Tensor, ...] = ()
    """The normal of the skin in the same coordinates, known once the head is painted."""

    def rows(self, rows: Tensor) -> Scene:
        """A scene of some of the portraits, on a canvas of its own."""
        return Scene(**{f.name: _pick(getattr(self, f.name), rows) for f in fields(self)})

    def window(self, rows: slice, columns: slice) -> Scene:
        """A part of the images, on a canvas of its own."""

        def cut(value: Any) -> Any:
            if isinstance(value, tuple):
                return tuple(cut(v) for v in value)
            is_plane = isinstance(value, Tensor) and value.shape[-1] > 1
            return value[..., rows, columns].contiguous() if is_plane else value

        return Scene(**{f.name: cut(getattr(self, f.name)) for f in fields(self)})

    def within(self, reach: tuple[float, float, float, float], *layers: Callable[[Scene], None]) -> None:
        """Paint layers that stay within (left, top, right, bottom) of every head's centre, and only compute there."""
        low, high = torch.stack([self.t.at_x, self.t.at_y]) + torch.tensor(reach).view(2, 2, 1, 1, 1, 1) * self.t.scale
        (left, top), (right, bottom) = low.amin((1, 2, 3, 4)).tolist(), high.amax((1, 2, 3, 4)).tolist()
        across, down = self.u[0, 0, 0], self.v[0, 0, :, 0]
        columns = slice(int((across < left).sum()), int((across <= right).sum()))
        rows = slice(int((down < top).sum()), int((down <= bottom).sum()))
        part = self.window(rows, columns)
        for layer in layers:
            layer(part)
        self.canvas[..., rows, columns] = part.canvas
        self.face[..., rows, columns] = part.face

    def where(self, chosen: Tensor, layer: Callable[[Scene], None]) -> None:
        """Paint a layer on those portraits only that have it."""
        rows = chosen.flatten().nonzero().flatten()
        if len(rows):
            part = self.rows(rows)
            layer(part)
            self.canvas.index_copy_(0, rows, part.canvas)
            self.face.index_copy_(0, rows, part.face)

    def paint(self, colour: Tensor, alpha: Tensor) -> None:
        """Lay a colour over the canvas."""
        self.canvas += (colour - self.canvas) * alpha

    def shade(self, amount: Tensor) -> None:
        """Multiply the canvas, as a shadow (below 1) or a glow (above)."""
        self.canvas *= amount

    def hide(self, alpha: Tensor) -> None:
        """Take what a layer covers out of the face."""
        self.face *= 1 - alpha

    def noise(self, x: Tensor, y: Tensor, fx: Tensor | float, fy: Tensor | float, shift: float = 0.0) -> Tensor:
        """Noise with `fx` × `fy` features a unit, unlike in every portrait; faded where pixels cannot show it."""
        finest = torch.maximum(torch.as_tensor(fx), torch.as_tensor(fy))
        seen = (1.15 - 0.55 * finest * self.pixel).clamp(0.15, 1)
        return noise(x * fx + (self.t.noise_u + shift), y * fy + (self.t.noise_v + shift)).mul_(seen)

    def broad_noise(self, x: Tensor, y: Tensor, fx: float, fy: float, shift: float = 0.0) -> Tensor:
        """`noise` for features so large that their own samples would show."""
        return broad_noise(x * fx + (self.t.noise_u + shift), y * fy + (self.t.noise_v + shift))

    def lit(self, normal: tuple[Tensor, ...], wrap: float = 0.3) -> Tensor:
        """Light that a matt white surface would send back, `(n, 3, H, W)`; `wrap` softens its terminator."""
        facing = sum((a * b for a, b in zip(normal, self.light, strict=True)), torch.zeros_like(self.pixel))
        key = ((facing + wrap) / (1 + wrap)).clamp_(min=0)
        return key * (self.t.key * self.t.key_colour) + (1 - 0.35 * normal[1]) * (self.t.fill * self.t.fill_colour)


def _pick(value: Any, rows: Tensor) -> Any:
    if isinstance(value, tuple):
        return tuple(_pick(v, rows) for v in value)
    return value.index_select(0, rows) if isinstance(value, Tensor) else value.rows(rows)


def set_scene(t: Traits, size: int) -> Scene:
    """An empty canvas with the coordinates of every portrait."""
    n = len(t.yaw)
    ticks = (torch.arange(size, dtype=torch.float32) + 0.5) * (2 / size) - 1
    u = ticks.view(1, 1, 1, size).expand(n, 1, size, size)
    v = ticks.view(1, 1, size, 1).expand(n, 1, size, size)
    body_x, body_y = (u - t.at_x) / t.scale, (v - t.at_y) / t.scale
    (yc, ys), (pc, ps), (rc, rs) = (_turn(angle) for angle in (t.yaw, t.pitch, t.roll))
    x, y = rc * body_x + rs * body_y, rc * body_y - rs * body_x
    pose = Pose(yc, ys, pc, ps)
    # The jaw narrows or widens towards the axis of the face, which a turned head carries to one side.
    axis = 0.4 * ys
    low, high = ((y - 0.1) / 0.9).clamp_(0, 1.2), y.clamp(-1, 0)
    bent = axis + (x - axis) * (1 - t.jaw * low * low)
    broad = y - 0.17 * high * (1 - high * high)  # a skull is broader at the top than an ellipse
    head = pose.ellipsoid(bent, broad, (t.width, torch.ones_like(t.width), t.depth))
    lz = root((1 - t.light_x**2 - t.light_y**2).clamp(min=0.05))
    light = (rc * t.light_x + rs * t.light_y, rc * t.light_y - rs * t.light_x, lz)
    canvas = torch.zeros(n, 3, size, size)
    pixel = (2 / size) / t.scale
    return Scene(
        t, pose, canvas, torch.zeros(n, 1, size, size), pixel, u, v, body_x + t.body_x, body_y, x, y, *head, light
    )


def _turn(angle: Tensor) -> tuple[Tensor, Tensor]:
    wide = angle.double()  # rounded from more digits than are kept, so that every processor's sine gives the same
    return wide.cos().float(), wide.sin().float()
