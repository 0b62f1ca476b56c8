"""Identity similarity: the cosine between face embeddings of the restored and the clean image.

    ⟨e(restored), e(clean)⟩ / (‖e(restored)‖ · ‖e(clean)‖)

The embedder e is the user's own: a plugin with the hook `benchbench_face_embedder` brings it. benchbench brings none,
for the licence of its weights and the faces that it was trained on are the user's to judge. A similarity says how like
the true face a restored one looks to that network, with its biases, and never who somebody is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from benchbench import FaceEmbedder, Metric, Task, face_embedder, hookimpl

from ._regions import refuse


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [IdentitySimilarity]


@dataclass(frozen=True)
class IdentitySimilarity(Metric):
    """Cosine similarity of face embeddings, by the user's own embedder.

    From -1 to 1, 1 for identical images. The embedder gets whole images and finds or crops the face itself; a grey
    image counts as RGB with three equal channels. Deng et al. 2019 (ArcFace, arXiv 1801.07698) is the usual embedder.
    """

    name = "identity-similarity"
    order = 60
    higher_is_better = True
    relevant = 0.01
    regional = False

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

    @torch.no_grad()
    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        refuse(region, self.name)
        if self.embedder is None:
            raise LookupError("there is no face embedder")
        three = (len(clean), 3, *clean.shape[2:])
        ours, theirs = self.embedder(restored.expand(three)), self.embedder(clean.expand(three))
        return F.cosine_similarity(ours.float(), theirs.float())
