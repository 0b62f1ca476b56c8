"""Identity similarity: the cosine between face embeddings of the restored and the clean image.

    ⟨e(restored), e(clean)⟩ / (‖e(restored)‖ · ‖e(clean)‖)

The embedder e is the user's own, by a plugin's hook `benchbench_face_embedder`, or else dlib's network, which the extra
`faces` brings. It has its biases: how well it tells people apart differs between groups (Grother et al. 2019, NISTIR
8280). A similarity says how like the true face a restored one looks to that network, and never who somebody is.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from benchbench import Metric, hookimpl

from ._embedder import ByFaces
from ._regions import refuse


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [IdentitySimilarity]


@dataclass(frozen=True)
class IdentitySimilarity(ByFaces):
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

    @torch.no_grad()
    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        refuse(region, self.name)
        return F.cosine_similarity(self.embedded(restored, clean), self.embedded(clean, clean))
