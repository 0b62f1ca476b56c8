"""A recipe can be trained with, or is refused when it is written down."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from benchbench import Recipe, SpecError


@pytest.mark.parametrize(
    "given",
    [
        {"lr": math.nan},
        {"lr": -1.0},
        {"weight_decay": math.inf},
        {"clip": math.nan},
        {"batch": 0},
        {"optimizer": "x"},
        {"patience": 0},
    ],
)
def test_what_cannot_be_trained_with_is_refused(given: dict[str, Any]) -> None:
    [name] = given
    with pytest.raises(SpecError, match=rf"Recipe: {name}=.* is not legal: it must be "):
        Recipe(**given)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"lr": "1e-3"}, "Recipe: lr='1e-3' is text: it must be a number, at least 0"),
        ({"patience": "3"}, "Recipe: patience='3' is text: it must be an integer, at least 1, or none"),
        ({"flip": "false"}, "Recipe: flip='false' is text: it must be true | false"),
        ({"flip": None}, "Recipe: flip=None is not legal: it must be true | false"),
        ({"lr": [1e-3]}, "Recipe: lr=[0.001] is not legal: it must be a number, at least 0"),
        ({"lr": None}, "Recipe: lr=None is not legal: it must be a number, at least 0"),
        ({"lr": True}, "Recipe: lr=True is not legal: it must be a number, at least 0"),
        ({"epochs": 2.5}, "Recipe: epochs=2.5 is not legal: it must be an integer, at least 1"),
        ({"schedule": ["cosine"]}, "Recipe: schedule=['cosine'] is not legal: it must be cosine | plateau | constant"),
    ],
)
def test_a_value_of_a_wrong_type_is_named_with_what_is_expected(given: dict[str, Any], expected: str) -> None:
    with pytest.raises(SpecError) as caught:
        Recipe(**given)
    assert str(caught.value) == expected


def test_numbers_of_numpy_become_those_of_python() -> None:
    recipe = Recipe(epochs=np.int64(3), lr=np.float64(0.25), clip=1, flip=np.False_)  # type: ignore[arg-type]
    assert recipe == Recipe(epochs=3, lr=0.25, clip=1.0, flip=False)
    assert Recipe(flip=0).flip is recipe.flip  # type: ignore[arg-type]
    assert [type(value) for value in (recipe.epochs, recipe.lr, recipe.clip)] == [int, float, float]
