"""Words beside a board's numbers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import results
from boards import board

from benchbench.boards.notes import coverage_of
from benchbench.results import store


def write(folder: Path, unchanged: int, counts: dict[str, int]) -> None:
    """Store a result with so many images that are not degraded, and so many that a column scores."""
    path = results.write(folder, dict.fromkeys(("peak", *counts), 20.0)) / store.RESULT
    facts = json.loads(path.read_text(encoding="utf-8"))
    facts["data"]["unchanged"] = unchanged
    for name, n in counts.items():
        facts["scores"][name]["n"] = n
    path.write_text(json.dumps(facts), encoding="utf-8")


@pytest.mark.parametrize(
    ("unchanged", "counts", "words"),
    [
        (0, {"peak@face": 40}, None),
        (1, {"peak@face": 39}, None),
        (0, {"peak@face": 31}, "31 of 40 images have one"),
        (0, {"peak@face": 40, "mean-error@face": 23}, "mean-error scores at least 23 of 40"),
        (2, {"peak@face": 30, "mean-error@face": 23}, "30 of 38 images have one; mean-error scores at least 23 of 30"),
    ],
)
def test_what_one_metric_cannot_score_is_not_without_the_region(
    unchanged: int, counts: dict[str, int], words: str | None, tmp_path: Path
) -> None:
    write(tmp_path, unchanged, counts)
    assert coverage_of(board(tmp_path)).get("@face") == words
