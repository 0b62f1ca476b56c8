"""Fréchet distance of face descriptors: whether the restored faces, together, look like the people of the clean set.

The embedder is the user's own, by a plugin's hook `benchbench_face_embedder`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch.nn.functional as F
from torch import Tensor

from benchbench import FaceEmbedder, Metric, SetMetric, Task, face_embedder, hookimpl

from ._frechet import frechet_distance


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [FaceFD]


@dataclass(frozen=True)
class FaceFD(SetMetric):
    """Fréchet distance of face descriptors, by the user's own embedder.

    The squared distance of the normal distributions fitted to the embeddings of both sets, each of length 1: 0 for
    equal sets, lower is better. It tells whether the faces, all together, are as varied and as lifelike to the embedder
    as the clean ones; that a face became another person's costs nothing while the set stays the same. Of Heusel et al.
    2017 (arXiv 1706.08500), with faces in place of objects.
    """

    name = "face-fd"
    order = 71
    higher_is_better = False
    least = 100

    @cached_property
    def embedder(self) -> FaceEmbedder | None:
        """The embedder, looked for once."""
        return face_embedder()

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "embedder": self.embedder}  # spares the process that gets it the loading of all plugins

    @property
    def library(self) -> str:  # type: ignore[override]
        """The distribution that brings the embedder."""
        return self.embedder.distribution if self.embedder else ""

    def version(self) -> str:
        return f"{self.embedder.distribution} {self.embedder.version}" if self.embedder else ""

    def unavailable(self, task: Task) -> str | None:
        if self.embedder:
            return None
        return "needs a face embedder: install or write a plugin whose benchbench_face_embedder hook gives yours"

    def describe(self, images: Tensor, clean: Tensor) -> Tensor:
        """Embeddings `(N, D)`."""
        if self.embedder is None:
            raise LookupError("there is no face embedder")
        return F.normalize(self.embedder(images.expand(-1, 3, -1, -1)).float())

    def distance(self, restored: Tensor, clean: Tensor) -> float:
        return frechet_distance(restored, clean)
