"""A recipe can be trained with, or is refused when it is written down."""

from __future__ import annotations

import math
from typing import Any

import pytest

from benchbench import Recipe, SpecError


@pytest.mark.parametrize(
    "given",
    [{"lr": math.nan}, {"lr": -1.0}, {"weight_decay": math.inf}, {"clip": math.nan}, {"batch": 0}, {"optimizer": "x"}],
)
def test_what_cannot_be_trained_with_is_refused(given: dict[str, Any]) -> None:
    [name] = given
    with pytest.raises(SpecError, match=rf"Recipe\({name}="):
        Recipe(**given)
