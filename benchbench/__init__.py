"""benchbench: every registered portrait restorer against every registered degradation, under one protocol and budget.

Plugin authors import everything from here. Names are loaded on first use, so that `benchbench --help` stays quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .adversarial import AdversarialModel, AdversarialPair
    from .embedder import FaceEmbedder, face_embedder
    from .errors import BenchbenchError, DataError, PluginError, SpecError, TrialError
    from .hookspecs import hookimpl
    from .interfaces import (
        Batch,
        Codec,
        Dataset,
        Degradation,
        Degraded,
        Images,
        Metric,
        Model,
        Peer,
        Recipe,
        Task,
    )
    from .seeding import Draw, derive, generator
    from .specs import Range, param
    from .weights import Weights, find_weights, missing_weights, read_weights, weight_folders

__version__ = "0.1.0"

_HOMES = {
    "adversarial": ("AdversarialModel", "AdversarialPair"),
    "embedder": ("FaceEmbedder", "face_embedder"),
    "errors": ("BenchbenchError", "DataError", "PluginError", "SpecError", "TrialError"),
    "hookspecs": ("hookimpl",),
    "interfaces": (
        "Batch",
        "Codec",
        "Dataset",
        "Degradation",
        "Degraded",
        "Images",
        "Metric",
        "Model",
        "Peer",
        "Recipe",
        "Task",
    ),
    "seeding": ("Draw", "derive", "generator"),
    "specs": ("Range", "param"),
    "weights": ("Weights", "find_weights", "missing_weights", "read_weights", "weight_folders"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AdversarialModel",
    "AdversarialPair",
    "Batch",
    "BenchbenchError",
    "Codec",
    "DataError",
    "Dataset",
    "Degradation",
    "Degraded",
    "Draw",
    "FaceEmbedder",
    "Images",
    "Metric",
    "Model",
    "Peer",
    "PluginError",
    "Range",
    "Recipe",
    "SpecError",
    "Task",
    "TrialError",
    "Weights",
    "derive",
    "face_embedder",
    "find_weights",
    "generator",
    "hookimpl",
    "missing_weights",
    "param",
    "read_weights",
    "weight_folders",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'benchbench' has no attribute '{name}'")
    return getattr(importlib.import_module(f"benchbench.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
