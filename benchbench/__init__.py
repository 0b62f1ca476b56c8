"""benchbench: every registered portrait restorer against every registered degradation, under one protocol and budget.

Plugin authors import everything from here. Names are loaded on first use, so that `benchbench --help` stays quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api.degrade import degrade
    from .api.rank import rank
    from .api.run import leaderboard, run
    from .api.score import score
    from .contracts.adversarial import AdversarialModel, AdversarialPair
    from .contracts.applying import Chain, Shuffled, Sometimes
    from .contracts.dataset import Dataset, Images
    from .contracts.degradation import Degradation, Degraded
    from .contracts.metric import Metric
    from .contracts.model import Batch, Codec, Model, Task
    from .contracts.parameters import Range, param
    from .contracts.peer import Peer
    from .contracts.recipe import Recipe
    from .contracts.seeding import Draw, derive, generator
    from .contracts.set_metric import SetMetric
    from .contracts.severity import Graded, graded
    from .contracts.weights import Weights, find_weights, missing_weights, read_weights, weight_folders
    from .data.faces import Face, find_faces
    from .data.landmarks import face_descriptors, face_landmarks, faces_version, missing_faces
    from .data.reading import is_image_name, read_image, read_levels
    from .errors import BenchbenchError, DataError, DoubtWarning, PluginError, SpecError, TrialError
    from .registry.embedder import FaceEmbedder, face_embedder
    from .registry.hookspecs import hookimpl

__version__ = "0.1.0"

_HOMES = {
    "api.degrade": ("degrade",),
    "api.rank": ("rank",),
    "api.run": ("leaderboard", "run"),
    "api.score": ("score",),
    "contracts.adversarial": ("AdversarialModel", "AdversarialPair"),
    "contracts.applying": ("Chain", "Shuffled", "Sometimes"),
    "contracts.dataset": ("Dataset", "Images"),
    "contracts.degradation": ("Degradation", "Degraded"),
    "contracts.metric": ("Metric",),
    "contracts.model": ("Batch", "Codec", "Model", "Task"),
    "contracts.parameters": ("Range", "param"),
    "contracts.peer": ("Peer",),
    "contracts.recipe": ("Recipe",),
    "contracts.seeding": ("Draw", "derive", "generator"),
    "contracts.set_metric": ("SetMetric",),
    "contracts.severity": ("Graded", "graded"),
    "contracts.weights": ("Weights", "find_weights", "missing_weights", "read_weights", "weight_folders"),
    "data.faces": ("Face", "find_faces"),
    "data.landmarks": ("face_descriptors", "face_landmarks", "faces_version", "missing_faces"),
    "data.reading": ("is_image_name", "read_image", "read_levels"),
    "errors": ("BenchbenchError", "DataError", "DoubtWarning", "PluginError", "SpecError", "TrialError"),
    "registry.embedder": ("FaceEmbedder", "face_embedder"),
    "registry.hookspecs": ("hookimpl",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AdversarialModel", "AdversarialPair", "Batch", "BenchbenchError", "Chain", "Codec", "DataError", "Dataset",
    "Degradation", "Degraded", "DoubtWarning", "Draw", "Face", "FaceEmbedder", "Graded", "Images", "Metric", "Model",
    "Peer", "PluginError", "Range", "Recipe", "SetMetric", "Shuffled", "Sometimes", "SpecError", "Task", "TrialError",
    "Weights", "degrade", "derive", "face_descriptors", "face_embedder", "face_landmarks", "faces_version",
    "find_faces", "find_weights", "generator", "graded", "hookimpl", "is_image_name", "leaderboard", "missing_faces",
    "missing_weights", "param", "rank", "read_image", "read_levels", "read_weights", "run", "score", "weight_folders",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'benchbench' has no attribute '{name}'")
    return getattr(importlib.import_module(f"benchbench.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
