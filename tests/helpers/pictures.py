"""Pictures that metrics are tested on."""

from __future__ import annotations

import struct
import zlib

import torch
from torch import Tensor


def images(n: int, channels: int, height: int, width: int, seed: int, noise: float = 0.1) -> tuple[Tensor, Tensor]:
    """Restored and clean images: blurred grain, and the same under noise."""
    source = torch.Generator().manual_seed(seed)
    clean = torch.rand(n, channels, height + 4, width + 4, generator=source)
    clean = torch.nn.functional.avg_pool2d(clean, 5, stride=1)
    noisy = clean + noise * torch.randn(clean.shape, generator=source)
    return noisy.clamp(0, 1), clean


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header promises width x height pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
