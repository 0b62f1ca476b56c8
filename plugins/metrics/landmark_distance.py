"""Landmark distance: how far the features of a face have moved."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from benchbench import Metric, Task, face_landmarks, faces_version, hookimpl, missing_faces

from ._regions import refuse


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [LandmarkDistance]


@dataclass(frozen=True)
class LandmarkDistance(Metric):
    """Mean distance of five landmarks from those of the clean image, in distances between its eyes; only if named.

    0 for identical images; 0.1 is a tenth of the way from eye to eye. The corners of both eyes and the base of the nose
    are found by dlib (the extra `faces`; Kazemi and Sullivan 2014), in both images where the clean one has its face: an
    image without a face has no score. It is the normalised mean error of face alignment (Sagonas et al. 2013), and
    nearly blind to all that leaves the features in their places: strong blur and noise move them by a twentieth.
    """

    name = "landmark-distance"
    order = 65
    higher_is_better = False
    default = False
    regional = False
    symmetric = False
    partial = True
    library = "dlib-bin"

    def version(self) -> str:
        return faces_version()

    def unavailable(self, task: Task) -> str | None:
        return missing_faces()

    @torch.no_grad()
    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        refuse(region, self.name)
        ours, theirs = face_landmarks(restored, clean), face_landmarks(clean)
        eyes = theirs[:, :4].unflatten(1, (2, 2)).mean(2)  # (N, eye, 2)
        apart = (eyes[:, 0] - eyes[:, 1]).norm(dim=1)
        return (ours - theirs).norm(dim=2).mean(1) / apart
