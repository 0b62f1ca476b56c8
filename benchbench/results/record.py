"""What a result holds."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from .. import __version__, protocol
from . import store
from .trial import Trial

LIBRARIES = ("torch", "torchvision", "numpy", "pillow", "scikit-image", "scipy", "piq")


def outcome(trial: Trial, status: str, reason: str | None = None, **facts: Any) -> dict[str, Any]:
    """A result's content."""
    return {
        "schema": store.SCHEMA,
        "key": trial.key,
        "status": status,
        "reason": reason,
        "trial": trial.describe(),
        "protocol": protocol.SETTINGS,
        "origin": dict(trial.origin),
        "environment": environment(),
        "finished_at": datetime.now(UTC).isoformat(),
        **facts,
    }


def library_version(name: str) -> str:
    """`name version` of an installed distribution, or its name alone."""
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return name


def environment() -> dict[str, Any]:
    """Versions and hardware that a result was made with; nothing that names a person or a machine."""
    found = dict(text.split(" ") for name in LIBRARIES if " " in (text := library_version(name)))
    return {
        "benchbench": __version__,
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        "libraries": found,
    }
