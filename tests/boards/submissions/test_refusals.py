"""Results from elsewhere: each reason for which one is refused."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import results
from submitting import edit, one, only, pack_zip, refusal

from benchbench.boards.submissions.archive import MOST_BYTES
from benchbench.boards.submissions.merge import merge
from benchbench.results import store
from benchbench.results.record import TrialFacts
from benchbench.results.trial import key_of

FORGERIES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "schema": (lambda c: c.update(schema=99), "not of schema"),
    "protocol": (lambda c: c["protocol"].update(version=99), "protocol 99"),
    "splits": (lambda c: c["protocol"].update(splits={"train": 0.9}), "differs from 2 in splits"),
    "key": (lambda c: c.update(key="../../../../tmp/x"), "what it tells of its trial gives"),
    "another key": (lambda c: (c.update(key="0" * 16), c["trial"].update(key="0" * 16)), "what it tells of its trial gives"),
    "other code": (lambda c: c["trial"].update(model_digest="0" * 16), "what it tells of its trial gives"),
    "other weights": (lambda c: c["trial"].update(seed=7), "what it tells of its trial gives"),
    "time to come": (lambda c: c.update(finished_at="2999-01-01T00:00:00+00:00"), "no time before now"),
    "no time": (lambda c: c.update(finished_at="soon"), "no time before now"),
    "time without a zone": (lambda c: c.update(finished_at="2026-01-01T00:00:00"), "no time before now"),
    "size": (lambda c: c["trial"].update(size=10**9), "at `$.trial.size`"),
    "name": (lambda c: c["trial"].update(model=["a"]), "Expected `str`, got `array` - at `$.trial.model`"),
    "mean": (lambda c: c["scores"]["psnr"].update(mean=99.0), "mean of psnr is 99.0 in its summary"),
    "number of images": (lambda c: c["scores"]["psnr"].update(n=10**6), "n of psnr"),
    "text for a mean": (lambda c: c["scores"]["psnr"].update(mean="<script>"), "Expected `float`, got `str` - at `$.scores[...].mean`"),
    "score without images": (lambda c: c["scores"].update(ssim={"mean": 1.0, "std": 0.0, "n": 5}), "ssim is in the summary only"),
    "score without facts": (lambda c: c["metrics"].pop("psnr"), "psnr"),
    "score of a set": (lambda c: c.update(set_scores={"psnr": {"value": 1.0, "error": 0.1, "n": 9}}), "psnr, which it describes as no metric of sets"),
    "role": (lambda c: c["model"].update(role="baseline"), "must be installed here"),
    "parameters": (lambda c: c["model"].update(parameters="many"), "Expected `int`, got `str` - at `$.model.parameters`"),
    "bytes": (lambda c: c.update(rate={"bytes": 9.0, "bits_per_pixel": 0.3, "sizes": [9, 10]}), "not those of its summary"),
    "persons": (lambda c: c["data"].update(persons=[0, 0, 1]), "its images do not show the persons that they show"),
    "digits": (lambda c: c["metrics"]["psnr"].update(digits="x"), "Expected `int`, got `str` - at `$.metrics[...].digits`"),
}  # fmt: skip


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_result_is_refused(forgery: str, runs: Path, tmp_path: Path) -> None:
    change, reason = FORGERIES[forgery]
    edit(one(runs), change)
    assert reason in refusal(one(runs), tmp_path / "into")


@pytest.mark.parametrize("name", [store.SCORES, store.SAMPLES, store.WEIGHTS, store.PREDICTIONS])
def test_a_file_that_was_altered_is_refused(name: str, runs: Path, tmp_path: Path) -> None:
    with (one(runs) / name).open("ab") as file:
        file.write(b"\0")
    assert f"{name} is missing or was altered" in refusal(one(runs), tmp_path / "into")


def claim(content: dict[str, Any], **facts: Any) -> None:
    """Change what a result tells of its trial, and let its key fit."""
    content["trial"].update(facts)
    content["key"] = content["trial"]["key"] = key_of(
        msgspec.convert(content["trial"], TrialFacts), content["protocol"]["version"]
    )


def copied(folder: Path, trial: dict[str, Any], **facts: Any) -> None:
    """Copy a result beside itself, as one of another trial, of which other facts are told."""
    copy = folder.with_name("0" * 16)
    shutil.copytree(folder, copy)
    edit(copy, lambda content: (claim(content, **trial), content.update(facts)))


def test_what_was_trained_elsewhere_cannot_be_passed_off_as_trained_here(runs: Path, tmp_path: Path) -> None:
    edit(one(runs), lambda content: claim(content, model="pretrained:weights=x.pth,sha256=0123456789abcdef"))
    assert "was trained elsewhere, and belongs into the open track" in refusal(one(runs), tmp_path / "into")
    edit(one(runs), lambda content: content["model"].update(role="open"))
    assert only(one(runs), tmp_path / "into").verdict == "added"


def test_a_row_that_stands_is_not_displaced(runs: Path, tmp_path: Path) -> None:
    list(merge([one(runs)], tmp_path / "into"))
    edit(one(runs), lambda content: claim(content, model_digest="0" * 16))
    reason = refusal(one(runs), tmp_path / "into")
    assert "median (seed None) stands there already" in reason
    assert str(tmp_path / "into") in reason
    shutil.rmtree(tmp_path / "into")
    assert only(one(runs), tmp_path / "into").verdict == "added"


def test_no_seed_of_other_code_takes_a_row(runs: Path, tmp_path: Path) -> None:
    """The newest version of a model counts, so that one training by a stranger's would push out all that stand."""
    list(merge([one(runs)], tmp_path / "into"))
    edit(one(runs), lambda content: claim(content, seed=7, model_digest="0" * 16))
    assert "median (seed None) stands there already, made by other code" in refusal(one(runs), tmp_path / "into")


def test_of_an_edited_models_results_the_newest_is_taken_in(runs: Path, tmp_path: Path) -> None:
    folder = one(runs)
    copied(folder, {"model_digest": "0" * 16}, finished_at="2020-01-01T00:00:00+00:00")
    assert [v.verdict for v in merge([folder.parent], tmp_path / "into")] == ["older", "added"]
    assert one(tmp_path / "into").name == folder.name


def test_a_later_failure_of_the_same_code_takes_no_scores_place(runs: Path, tmp_path: Path) -> None:
    """As on a board."""
    folder = one(runs)
    failure = {"status": "failed", "reason": "killed", "scores": {}, "finished_at": "2099-01-01T00:00:00+00:00"}
    copied(folder, {"threads": 2}, **failure)
    assert {v.source: v.verdict for v in merge([folder.parent], tmp_path / "into")}[str(folder)] == "added"


@pytest.mark.parametrize("fact", ["unit", "digits", "higher_is_better"])
def test_a_metric_that_is_told_of_otherwise_is_refused(fact: str, runs: Path, tmp_path: Path) -> None:
    list(merge([one(runs, "identity")], tmp_path / "into"))
    other = {"unit": "bel", "digits": 9, "higher_is_better": False}[fact]
    edit(one(runs), lambda content: content["metrics"]["psnr"].update({fact: other}))
    assert f"{fact} of psnr is {other!r}" in refusal(one(runs), tmp_path / "into")


def test_other_data_of_the_same_name_is_refused(runs: Path, tmp_path: Path) -> None:
    list(merge([one(runs, "identity")], tmp_path / "into"))
    edit(one(runs), lambda content: claim(content, fingerprint="0" * 16))
    assert "its data is 0000000000000000" in refusal(one(runs), tmp_path / "into")


@pytest.mark.parametrize("data_here", [True, False])
def test_other_test_images_are_refused(
    data_here: bool, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from benchbench.evaluation.score import means

    list(merge([one(runs, "identity")], tmp_path / "into"))
    if not data_here:
        monkeypatch.setenv("BENCHBENCH_CACHE", str(tmp_path / "empty"))
    folder = one(runs)
    results.write_scores(folder, results.scores_in(folder).iloc[1:])  # without the worst, say
    edit(folder, lambda content: content.update(scores=means(results.scores_in(folder))))
    assert "not scored on the test images" in refusal(folder, tmp_path / "into")


def test_another_score_of_the_same_trial_is_refused(runs: Path, tmp_path: Path) -> None:
    from benchbench.evaluation.score import means

    list(merge([runs], tmp_path / "into"))
    folder = one(runs)
    (folder / store.PREDICTIONS).unlink()
    results.write_scores(folder, results.scores_in(folder) + np.float32(1))
    edit(folder, lambda content: content.update(scores=means(results.scores_in(folder))))
    assert "one of them is wrong" in refusal(folder, tmp_path / "into")


def test_a_link_is_refused(runs: Path, tmp_path: Path) -> None:
    path = one(runs) / store.SCORES
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert "it is no regular file" in refusal(one(runs), tmp_path / "into")


def test_a_file_beyond_measure_is_refused(runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MOST_BYTES, store.SCORES, 10)
    size = (one(runs) / store.SCORES).stat().st_size
    assert f"its {size:,} bytes are more than the 10 that it may have" in refusal(one(runs), tmp_path / "into")
    archive = pack_zip(one(runs), tmp_path / "a.zip")
    assert "larger than the 10 bytes" in refusal(archive, tmp_path / "into")
