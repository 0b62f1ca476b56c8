"""Scores of results from elsewhere are computed anew where data and restored images are at hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import results
from click.testing import CliRunner
from submitting import RUN, edit, one, only, refusal

from benchbench.cli import main
from benchbench.files import load_tensors, save_tensors
from benchbench.results import store
from benchbench.results.store import RESTORED


def test_scores_are_recomputed_where_restored_images_and_data_are_at_hand(runs: Path, tmp_path: Path) -> None:
    reason = only(one(runs), tmp_path / "into").reason
    assert reason == "recomputed: psnr, psnr@face, lightness-shift, lightness-shift@face"


def test_without_data_or_restored_images_it_is_said_that_nothing_was(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCHBENCH_CACHE", str(tmp_path / "empty"))
    assert only(one(runs), tmp_path / "a").reason == "not recomputed: the data set faces:n=60 is not in the cache"
    (one(runs) / store.PREDICTIONS).unlink()
    edit(one(runs), lambda content: None)
    assert only(one(runs), tmp_path / "b").reason == "not recomputed: it holds no restored images"


def test_forged_scores_do_not_survive_their_restored_images(runs: Path, tmp_path: Path) -> None:
    from benchbench.evaluation.score import means

    folder = one(runs)
    table = results.scores_in(folder)
    table["psnr"] += 0.5
    results.write_scores(folder, table)
    edit(folder, lambda content: content.update(scores=means(results.scores_in(folder))))
    assert "by its restored image" in refusal(folder, tmp_path / "into")


@pytest.mark.parametrize(("change", "reason"), [
    (lambda images: images[1:], "not float32"),
    (lambda images: images.double(), "not float32"),
    (lambda images: images * 3, "outside [0, 1]"),
    (lambda images: images * float("nan"), "outside [0, 1]"),
])  # fmt: skip
def test_restored_images_that_are_none_are_refused(
    change: Callable[..., Any], reason: str, runs: Path, tmp_path: Path
) -> None:
    path = one(runs) / store.PREDICTIONS
    save_tensors(path, {RESTORED: change(load_tensors(path)[RESTORED])})
    edit(one(runs), lambda content: None)
    assert reason in refusal(one(runs), tmp_path / "into")


@pytest.mark.slow
def test_the_score_of_the_set_is_recomputed_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCHBENCH_CACHE", str(tmp_path / "cache"))
    ours = {"faces:n=60": "faces:n=400", "lightness-shift": "patch-swd"}  # enough images for a set
    result = CliRunner().invoke(main, [*(ours.get(word, word) for word in RUN), "--out", str(tmp_path / "runs")])
    assert result.exit_code == 0, result.output
    folder = one(tmp_path / "runs")
    assert only(folder, tmp_path / "into").reason == "recomputed: psnr, psnr@face, patch-swd"
    edit(folder, lambda content: content["set_scores"]["patch-swd"].update(value=1.0))
    assert "patch-swd of all images is 1 in its summary" in refusal(folder, tmp_path / "elsewhere")
    edit(folder, lambda content: content["set_scores"]["patch-swd"].update(n=1000))
    assert "is not a finite score of" in refusal(folder, tmp_path / "elsewhere")
