"""The embedder of faces that metrics of faces share: the user's own, by a plugin's hook, or else dlib's."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from torch import Tensor

from benchbench import FaceEmbedder, Metric, Task, face_descriptors, face_embedder, faces_version, missing_faces


class ByFaces(Metric):
    """A metric that knows an embedder."""

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

    def embedded(self, images: Tensor, clean: Tensor) -> Tensor:
        """Embed the faces of images `(N, C, H, W)` as `(N, D)`; NaN where there is no face."""
        if self.embedder is None:
            return face_descriptors(images, clean)
        return self.embedder(images.expand(-1, 3, -1, -1)).float()
