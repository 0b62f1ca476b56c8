"""What an entrant leaves behind is vetted: its results count, votes that its code could write do not."""

from __future__ import annotations

from pathlib import Path

import pytest
import results

from benchbench.entrants.entry import Entrant
from benchbench.entrants.rank import Court, rank
from benchbench.entrants.sandbox import ERRORS, Sandbox
from benchbench.processes import Limits


def test_votes_in_the_folder_of_an_entrant_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def played(box: Sandbox, words: list[str], output: Path) -> int:
        """Leave behind what a run would, and a file of votes."""
        output.write_text('[{"component": "model mine", "laws": []}]' if "check" in words else "")
        Path(f"{output}{ERRORS}").touch()
        if "run" in words:
            results.write(box.home / "runs", model="mine", model_digest="n", status="skipped", reason="not here")
            (box.home / "runs" / "votes").mkdir()
            (box.home / "runs" / "votes" / "mine.json").write_text("{}")  # which `merge` would refuse, and tell of
        return 0

    monkeypatch.setattr(Sandbox, "run", played)
    results.write(tmp_path / "results", {"peak": 20.0}, model="other")
    (tmp_path / "rank.toml").touch()
    court = Court(tmp_path / "rank.toml", tmp_path / "results", Limits(60), walled=True)
    answer = rank(court, Entrant("me", ("mine",), plugin="planted.py"), tmp_path / "ranked")
    assert [placing.model for placing in answer.placings] == ["mine"]
    assert answer.problems == []
