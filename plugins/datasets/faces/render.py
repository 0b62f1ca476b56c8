"""Photographs of drawn people: paints each portrait layer by layer, then exposes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from benchbench import generator

from .backdrop import paint_backdrop
from .dress import paint_body
from .features import paint_features
from .geometry import root
from .hair import paint_beard, paint_hair, paint_hair_behind
from .head import paint_head
from .scene import Scene, set_scene
from .traits import Traits
from .worn import paint_accessories

# How far each reaches from the centre of the head: left, up, right, down, in half heights of the head.
HEAD = (-1.0, -1.15, 1.0, 1.2)
FEATURES = (-0.85, -0.55, 0.85, 1.2)
BODY = (-9.0, 0.3, 9.0, 9.0)
FINEST = 64  # smaller images are painted at this size or more and averaged: features would fall between their pixels
CHUNK_PIXELS = 2**17  # painted at once: few enough for a processor's cache


def render(
    traits: Traits, grain: Sequence[tuple[object, ...]], size: int, chunk: int | None = None
) -> tuple[Tensor, Tensor]:
    """Render portraits, uint8 `(n, 3, size, size)`, and their face masks, bool `(n, 1, size, size)`.

    `grain` seeds each portrait's sensor noise. `chunk` portraits are painted at once; any number gives the same bits.
    """
    fine = size * -(-FINEST // size)
    step = chunk or max(1, CHUNK_PIXELS // fine**2)
    spans = [slice(start, start + step) for start in range(0, len(grain), step)]
    with _one_thread():
        done = [_expose(_paint(traits.rows(span), fine), grain[span], size) for span in spans]
    return torch.cat([pixels for pixels, _ in done]), torch.cat([masks for _, masks in done])


@contextmanager
def _one_thread() -> Iterator[None]:
    """Many operations on small tensors gain little from threads and, where cores are busy, wait long for them."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _paint(traits: Traits, size: int) -> Scene:
    scene = set_scene(traits, size)
    paint_backdrop(scene)
    paint_hair_behind(scene)
    scene.within(BODY, paint_body)
    scene.within(HEAD, _paint_bare_head)
    paint_hair(scene)
    paint_accessories(scene)
    return scene


def _paint_bare_head(head: Scene) -> None:
    paint_head(head)
    head.within(FEATURES, paint_features, paint_beard)


def _expose(scene: Scene, grain: Sequence[tuple[object, ...]], size: int) -> tuple[Tensor, Tensor]:
    """Photograph the scene: vignette, tone, pixels, grain, 8 bits."""
    falloff = 1 - scene.t.vignette * (scene.u**2 + scene.v**2) / 2
    light, face = _average(scene.canvas * falloff, size), _average(scene.face, size)
    light = light.clamp(min=0)
    tone = (root(light / (1 + 0.25 * light)) * 1.12).clamp(0, 1)
    tone = tone + 0.45 * (tone * tone * (3 - 2 * tone) - tone)  # a camera's contrast
    noise = torch.stack([torch.rand(2, 3, size, size, generator=generator(*g)).sum(0) for g in grain]) - 1
    shown = tone + noise * 2.4 * scene.t.grain * (1.2 - tone)
    return (shown * 255).round().clamp(0, 255).byte(), face > 0.5


def _average(image: Tensor, size: int) -> Tensor:
    k = image.shape[-1] // size
    if k == 1:
        return image
    rows = torch.stack([image[..., i::k, :] for i in range(k)]).sum(0)
    return torch.stack([rows[..., j::k] for j in range(k)]).sum(0) / k**2
