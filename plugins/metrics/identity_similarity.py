"""Identity similarity: the cosine between face embeddings of the restored and the clean image.

    ⟨e(restored), e(clean)⟩ / (‖e(restored)‖ · ‖e(clean)‖)

The embedder e is the user's own, by a plugin's hook `benchbench_face_embedder`, or else dlib's network, which the extra
`faces` brings. It has its biases: how well it tells people apart differs between groups (Grother et al. 2019, NISTIR
8280). A similarity says how like the true face a restored one looks to that network, and never who somebody is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from benchbench import (
    FaceEmbedder,
    Metric,
    Task,
    face_descriptors,
    face_embedder,
    faces_version,
    hookimpl,
    missing_faces,
)

from ._regions import refuse


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [IdentitySimilarity]


@dataclass(frozen=True)
class IdentitySimilarity(Metric):
    """Cosine similarity of face embeddings, by dlib or by the user's own embedder; only if named, as it is slow.

    From -1 to 1, 1 for identical images. Of portraits in blocks too large to tell who it is dlib still says 0.87, and
    0.95 of those at the third severity of `real`: small differences count. dlib's 128 numbers (King 2017) are taken
    where the clean image has its face, turned upright by the clean image's landmarks. An image without a face has no
    score. An embedder of the user's own gets whole images, finds the face itself, and gives NaN where there is none;
    ArcFace is the usual one (Deng et al. 2019, arXiv 1801.07698). A grey image counts as RGB with three equal channels.
    """

    name = "identity-similarity"
    order = 60
    higher_is_better = True
    default = False
    relevant = 0.01
    regional = False
    partial = True

    @cached_property
    def embedder(self) -> FaceEmbedder | None:
        """The user's own embedder, looked for once."""
        return face_embedder()

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "embedder": self.embedder}  # spares the process that gets it the loading of all plugins

    @property
    def library(self) -> str:  # type: ignore[override]
        """The distribution that brings the embedder."""
        return self.embedder.distribution if self.embedder else "dlib-bin" * (missing_faces() is None)

    def version(self) -> str:
        return f"{self.embedder.distribution} {self.embedder.version}" if self.embedder else faces_version()

    def unavailable(self, task: Task) -> str | None:
        if self.embedder or not (missing := missing_faces()):
            return None
        return f"{missing}, or a plugin whose benchbench_face_embedder hook gives your own embedder"

    @torch.no_grad()
    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        refuse(region, self.name)
        return F.cosine_similarity(self.embedded(restored, clean), self.embedded(clean, clean))

    def embedded(self, images: Tensor, clean: Tensor) -> Tensor:
        """Embed the faces of images `(N, C, H, W)` as `(N, D)`; NaN where there is no face."""
        if self.embedder is None:
            return face_descriptors(images, clean)
        return self.embedder(images.expand(-1, 3, -1, -1)).float()
