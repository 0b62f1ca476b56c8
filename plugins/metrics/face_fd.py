"""Fréchet distance of face descriptors: whether the restored faces, together, look like the people of the clean set.

The embedder is that of `identity-similarity`: the user's own, by the hook `benchbench_face_embedder`, or else dlib's.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

from benchbench import Metric, SetMetric, hookimpl

from ._embedder import ByFaces
from ._frechet import frechet_distance


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [FaceFD]


@dataclass(frozen=True)
class FaceFD(ByFaces, SetMetric):
    """Fréchet distance of face descriptors, by dlib or by the user's own embedder.

    The squared distance of the normal distributions fitted to the embeddings of both sets, each of length 1: 0 for
    equal sets, lower is better. It tells whether the faces, all together, are as varied and as lifelike to the embedder
    as the clean ones; that a face became another person's costs nothing while the set stays the same. Images without a
    face are in neither set. Of Heusel et al. 2017 (arXiv 1706.08500), with faces in place of objects.
    """

    name = "face-fd"
    order = 71
    higher_is_better = False
    least = 50
    partial = True

    def describe(self, images: Tensor, clean: Tensor) -> Tensor:
        """Embeddings `(N, D)`; NaN where there is no face."""
        return F.normalize(self.embedded(images, clean))

    def distance(self, restored: Tensor, clean: Tensor) -> float:
        return frechet_distance(restored, clean)
