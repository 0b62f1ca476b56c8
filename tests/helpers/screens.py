"""What a browser shows."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image


def models(page: Any, table: str) -> list[str]:
    """The models of the rows that are seen, from top to bottom."""
    found: list[str] = page.locator(f"{table} tbody tr:visible").evaluate_all("rows => rows.map(r => r.dataset.name)")
    return found


def pixels(locator: Any) -> np.ndarray:
    """What an element looks like, `(h, w, 3)`."""
    with Image.open(io.BytesIO(locator.screenshot())) as image:
        return np.asarray(image.convert("RGB")).astype(int)
