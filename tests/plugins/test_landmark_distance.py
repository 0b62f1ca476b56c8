"""Landmark distance: what a face was moved by, over the distance between its eyes."""

from __future__ import annotations

import pytest
import torch
from sitters import FACE, astronaut

from benchbench import missing_faces
from benchbench_plugins.metrics.landmark_distance import LandmarkDistance

pytestmark = pytest.mark.skipif(missing_faces() is not None, reason=str(missing_faces()))


def test_it_is_by_how_much_the_face_has_moved() -> None:
    clean = astronaut()[..., :256, 100:356].repeat(3, 1, 1, 1)
    moved = torch.cat([clean[:1], clean[:1].roll(4, 3), clean[:1].roll(8, 2)])
    eyes = FACE.side / 2.63
    found = LandmarkDistance()(moved, clean)
    torch.testing.assert_close(found, torch.tensor([0, 4 / eyes, 8 / eyes]), atol=0.04, rtol=0)


def test_an_image_without_a_face_has_none() -> None:
    clean = torch.cat([torch.zeros(1, 3, 256, 256), astronaut()[..., :256, 100:356]])
    assert LandmarkDistance()(clean, clean).isnan().tolist() == [True, False]
