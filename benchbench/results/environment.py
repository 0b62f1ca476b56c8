"""Versions and hardware here, as results tell of them."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from .. import __version__
from .record import Environment

LIBRARIES = (
    "torch", "torchvision", "numpy", "pillow", "scikit-image", "scipy", "pywavelets", "piq", "constriction",
    "pillow-jxl-plugin",
)  # fmt: skip
"""What numbers may depend on. Those that are not installed are left out."""


def environment() -> Environment:
    """The versions and the hardware here."""
    found = dict(text.split(" ") for name in LIBRARIES if " " in (text := library_version(name)))
    return Environment(
        benchbench=__version__,
        python=platform.python_version(),
        system=platform.system(),
        machine=platform.machine(),
        libraries=found,
    )


def library_version(name: str) -> str:
    """`name version` of an installed distribution, or its name alone."""
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return name
