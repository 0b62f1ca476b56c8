"""Folders of photographs, for tests of the data sets that read them."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageCms

from benchbench_plugins.datasets.folder import Folder


def noise(width: int = 40, height: int = 40, seed: int = 0) -> Image.Image:
    """A smooth random image, so that a lossy codec hardly changes it."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (4, 4, 3), dtype=np.uint8))
    return coarse.resize((width, height), Image.Resampling.BICUBIC)


def save(folder: Path, name: str, image: Image.Image | None = None, **options: Any) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    (image or noise()).save(path, **options)
    return path


def pixels(folder: Path, size: int = 32, **params: Any) -> np.ndarray:
    """The pixels of the only image, (H, W, 3)."""
    images = Folder(path=str(folder), **params).load(size)
    assert len(images.ids) == 1
    return images.pixels[0].permute(1, 2, 0).numpy()


def difference(a: np.ndarray, b: np.ndarray | Image.Image) -> float:
    return float(np.abs(a.astype(float) - np.asarray(b, dtype=float)).mean())


def swapped_profile() -> bytes:
    """A colour profile that is sRGB with red and blue swapped."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for old, new in ((b"rXYZ", b"tmp_"), (b"bXYZ", b"rXYZ"), (b"tmp_", b"bXYZ"), ("sRGB".encode("utf-16-be"),) * 2):
        profile = profile.replace(old, new, 1)
    return profile.replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))


def odd_exif() -> bytes:
    """A quarter turn, a resolution of -1/0, and an interoperability tag of type text, as telephones have written."""
    entries = struct.pack("<HHII", 0x0112, 3, 1, 6) + struct.pack("<HHII", 0x011A, 10, 1, 50)
    entries += struct.pack("<HHI4s", 0xA005, 2, 4, b"R98\0")
    return b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 3) + entries + struct.pack("<Iii", 0, -1, 0)


# ── what is skipped ──────────────────────────────────────────────────────────────────────────────────────────────────


def encoded(image: Image.Image, form: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


# ── masks ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def disc(width: int, height: int, mode: str = "L") -> Image.Image:
    y, x = np.mgrid[:height, :width]
    inside = (x - width / 2) ** 2 + (y - width / 2) ** 2 < (width / 3) ** 2
    return Image.fromarray(np.where(inside, 255, 0).astype(np.uint8)).convert(mode)
