"""Landmarks and descriptors of a real face: where a person sees them, as dlib's own way gives them, in a blur too."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sitters import FACE, astronaut
from torch import Tensor
from torch.nn import functional as F
from torchvision.transforms.functional import gaussian_blur

from benchbench import DataError, face_descriptors, face_landmarks, find_faces, missing_faces
from benchbench.data import faces, landmarks

needs_dlib = pytest.mark.skipif(missing_faces() is not None, reason=str(missing_faces()))
SIZE = 256


def sitter(dx: int = 0, dy: int = 0) -> Tensor:
    """The astronaut's head and shoulders, displaced."""
    return astronaut()[..., dy : SIZE + dy, 100 - dx : 100 + SIZE - dx].contiguous()


@needs_dlib
def test_landmarks_lie_where_a_person_sees_them() -> None:
    left, right = face_landmarks(astronaut())[0, :4].unflatten(0, (2, 2)).mean(1)
    nose = face_landmarks(astronaut())[0, 4]
    assert float(left[0] - right[0]) == pytest.approx(FACE.side / 2.63, rel=0.15)
    assert float((left[0] + right[0]) / 2) == pytest.approx(FACE.x, abs=5)
    assert float((left[1] + right[1]) / 2) == pytest.approx(FACE.y - FACE.side / 10, abs=5)
    assert float(nose[1]) > float(left[1]) + 8


@needs_dlib
def test_landmarks_move_with_the_face() -> None:
    moved = face_landmarks(sitter(20, 10)) - face_landmarks(sitter())
    torch.testing.assert_close(moved, torch.tensor([20.0, -10.0]).expand_as(moved), atol=1.5, rtol=0)


@needs_dlib
def test_descriptors_are_those_of_dlib_itself() -> None:
    import dlib

    image = astronaut()[0].permute(1, 2, 0).mul(255).round().byte().numpy().copy()
    [box] = dlib.get_frontal_face_detector()(image)
    folder = faces.dlib_models()
    shape = dlib.shape_predictor(f"{folder}/shape_predictor_5_face_landmarks.dat")(image, box)
    network = dlib.face_recognition_model_v1(f"{folder}/dlib_face_recognition_resnet_model_v1.dat")
    theirs = np.array(network.compute_face_descriptor(image, shape))
    assert math.dist(face_descriptors(astronaut())[0].tolist(), theirs) < 0.25  # one person: below 0.6


@needs_dlib
def test_a_face_that_no_detector_finds_is_taken_where_the_clean_image_has_it() -> None:
    blurred = gaussian_blur(sitter(), 61, 12.0)
    assert face_descriptors(blurred).isnan().all()
    assert face_descriptors(blurred, sitter()).isfinite().all()
    assert face_landmarks(blurred, sitter()).isfinite().all()


@needs_dlib
def test_an_image_without_a_face_has_nan_and_the_others_their_own() -> None:
    three = torch.cat([sitter(), torch.zeros(1, 3, SIZE, SIZE), sitter(10)])
    for found in (face_landmarks(three), face_descriptors(three)):
        assert found.flatten(1).isnan().any(1).tolist() == [False, True, False]
    torch.testing.assert_close(face_descriptors(three)[2:], face_descriptors(sitter(10)))


@needs_dlib
def test_a_small_face_and_a_grey_one_are_the_same_person() -> None:
    small = F.interpolate(sitter(), (64, 64), mode="bicubic", antialias=True).clamp(0, 1)
    for other in (small, sitter().mean(1, keepdim=True), sitter().flip(3)):
        assert float((face_descriptors(other) - face_descriptors(sitter())).norm()) < 0.45


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landmarks, "dlib_models", lambda: None)
    for found in (face_landmarks, face_descriptors):
        with pytest.raises(DataError, match=r"pip install 'benchbench-portraits\[faces\]'"):
            found(torch.rand(1, 3, 32, 32))
    assert landmarks.faces_version() == ""
    assert find_faces(np.zeros((32, 32, 3), np.uint8)) == []
