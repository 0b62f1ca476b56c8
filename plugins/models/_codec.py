"""Image file formats of Pillow as codecs: real bytes out, images back."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image, features
from torch import Tensor, nn

from benchbench import Codec, Task

_MODES = {1: "L", 3: "RGB"}


def _jpeg(file: bytes) -> int:
    """The entropy-coded scan: what follows the segments of tables and parameters, up to the closing marker."""
    position, marker = 2, 0
    while marker != 0xDA:  # start of scan
        marker = file[position + 1]
        position += 2 + int.from_bytes(file[position + 2 : position + 4])
    return len(file) - position - 2


def _webp(file: bytes) -> int:
    """The data of all chunks of a RIFF file but those of metadata."""
    position, found = 12, 0
    while position < len(file):
        size = int.from_bytes(file[position + 4 : position + 8], "little")
        found += size if file[position : position + 4] in (b"VP8 ", b"VP8L", b"ALPH") else 0
        position += 8 + size + size % 2
    return found


def _avif(file: bytes) -> int:
    """The data of the boxes of media data; all others describe them."""
    position, found = 0, 0
    while position < len(file):
        size = int.from_bytes(file[position : position + 4]) or len(file) - position  # 0: to the end of the file
        found += size - 8 if file[position + 4 : position + 8] == b"mdat" else 0
        position += size
    return found


def _jpeg2000(file: bytes) -> int:
    """The data of the single tile of a bare codestream: what follows its header, up to the closing marker."""
    return len(file) - file.index(b"\xff\x93") - 4


PAYLOADS: Mapping[str, Callable[[bytes], int]] = {"JPEG": _jpeg, "WEBP": _webp, "AVIF": _avif, "JPEG2000": _jpeg2000}
"""How many bytes of a file of each format hold the image itself."""


class PillowCodec(nn.Module, Codec):
    """Stores each image as a file of the given Pillow format, saved with the given options."""

    def __init__(self, format: str, channels: int, options: Mapping[str, Any]) -> None:
        super().__init__()
        self.format, self.channels, self.options = format, channels, dict(options)

    def forward(self, images: Tensor) -> Tensor:
        return self.decompress(self.compress(images)).to(images)

    def compress(self, images: Tensor) -> list[bytes]:
        levels = (images.detach().float().clamp(0, 1) * 255).round().byte()
        return [self._encode(pixels) for pixels in levels.permute(0, 2, 3, 1).cpu().numpy()]  # (H, W, C) each

    def decompress(self, data: Sequence[bytes]) -> Tensor:
        pixels = np.stack([self._decode(file) for file in data])  # (N, H, W, C)
        return torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255

    def payload(self, data: bytes) -> int:
        return PAYLOADS[self.format](data)

    def _encode(self, pixels: np.ndarray) -> bytes:
        file = io.BytesIO()
        Image.fromarray(pixels.squeeze(2) if self.channels == 1 else pixels).save(file, self.format, **self.options)
        return file.getvalue()

    def _decode(self, file: bytes) -> np.ndarray:
        image = Image.open(io.BytesIO(file), formats=[self.format]).convert(_MODES[self.channels])
        return np.array(image).reshape(image.height, image.width, self.channels)


def version(feature: str) -> str:
    """The version of the library behind a format: another one may write other bytes."""
    return f"{feature} {features.version(feature)}"


def unavailable(feature: str, task: Task) -> str | None:
    """Why Pillow cannot store the task's images with its `feature` ("jpg", "webp", …), or None if it can."""
    if not features.check(feature):
        return f"needs a Pillow that was built with {feature}"
    if task.channels not in _MODES:
        return f"stores images of 1 or 3 channels, not {task.channels}"
    return None
