"""What is kept of a published result: small, and every digit of a board still follows from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import results
from submitting import edit, only

from benchbench.boards import collect
from benchbench.boards.submissions.light import exact_scores
from benchbench.boards.submissions.merge import merge
from benchbench.boards.view import view_of
from benchbench.images import png
from benchbench.results import scores as tables
from benchbench.results import store

METRICS = {name: results.metric(order=order, digits=4) for order, name in enumerate(("peak", "b", "c", "d", "e"))}
LOWER, LAST = 1e12, 2e12


def write(out: Path, seed: int) -> Path:
    """A training from a seed, with samples, scored at two rungs by five metrics."""
    rungs = {flops: {n: (seed + 7 + i) * flops / 3e13 for i, n in enumerate(METRICS)} for flops in (LOWER, LAST)}
    samples = png(np.full((48, 32, 3), seed, np.uint8))
    return results.write(out, rungs=rungs, metrics=METRICS, seed=seed, noise=0, samples=samples)


def light(runs: Path, into: Path) -> list[store.Result]:
    assert {v.verdict for v in merge([runs], into)} == {"added"}
    found = [r for _, r in store.find(into) if isinstance(r, store.Result)]
    return sorted(found, key=lambda r: str(r.record.trial.seed))


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    for seed in (12, 2, 1):
        write(tmp_path / "runs", seed)
    return tmp_path / "runs"


def test_boards_show_the_same_digits_at_every_rung(runs: Path, tmp_path: Path) -> None:
    light(runs, tmp_path / "light")
    [whole], [small] = (collect(out)[0] for out in (runs, tmp_path / "light"))
    for rung in (LAST, LOWER):
        shown = [[row.cells for row in view_of(board.at(rung)).rows] for board in (whole, small)]
        texts = [[{key: cell.full for key, cell in row.items()} for row in rows] for rows in shown]
        assert texts[0] == texts[1]
        assert len(texts[0][0]) > len(METRICS)


def test_means_stay_and_single_scores_where_boards_need_them(runs: Path, tmp_path: Path) -> None:
    wholes = {r.record.key: r for _, r in store.find(runs) if isinstance(r, store.Result)}
    for small in light(runs, tmp_path / "light"):
        whole = wholes[small.record.key]
        assert small.record.scores == whole.record.scores
        for mine, theirs in zip(small.record.rungs, whole.record.rungs, strict=True):
            assert {n: s.mean for n, s in mine.scores.items()} == {n: s.mean for n, s in theirs.scores.items()}
        assert [n for n, s in small.record.rungs[0].scores.items() if s.std is not None] == ["peak"]
        assert list(small.tables[LOWER]) == ["peak"]
        assert exact_scores(small.record) == {"peak", "b", "c", "d"}
        for name in METRICS:
            assert small.scores[name].equals(whole.scores[name]) == (name != "e")
        assert np.allclose(small.scores["e"], whole.scores["e"], rtol=1 / 256)


def test_the_first_training_by_its_seed_has_the_pictures(runs: Path, tmp_path: Path) -> None:
    found = light(runs, tmp_path / "light")
    assert [r.record.trial.seed for r in found] == [1, 12, 2]  # as text, as on boards
    assert [store.FEW_SAMPLES in r.record.files for r in found] == [True, False, False]
    [board] = collect(tmp_path / "light")[0]
    assert [r.record.trial.seed for r in board.first_results.values()] == [1]


def test_what_is_light_already_stays_as_it_is(runs: Path, tmp_path: Path) -> None:
    light(runs, tmp_path / "light")
    light(tmp_path / "light", tmp_path / "again")
    files = [p.relative_to(tmp_path / "light") for p in (tmp_path / "light").rglob("*") if p.is_file()]
    assert len(files) == 7
    for file in files:
        assert (tmp_path / "again" / file).read_bytes() == (tmp_path / "light" / file).read_bytes()


def forget(content: dict[str, Any], rung: int) -> None:
    for scores in (content["rungs"][rung]["scores"], *([content["scores"]] if rung else [])):
        del scores["peak"]["std"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda content: content["rungs"][0]["scores"]["peak"].update(mean=0.5), "mean of peak is 0.5"),
        (lambda content: forget(content, 1), "std of peak is None"),
        (lambda content: forget(content, 0), "but has none by peak"),
        (lambda content: content["rungs"][0]["scores"]["b"].update(std=0.0), "b is in the summary only"),
    ],
)
def test_a_forged_light_result_is_refused(change: Any, reason: str, runs: Path, tmp_path: Path) -> None:
    folder = light(runs, tmp_path / "light")[0].folder
    edit(folder, change)
    assert reason in only(folder, tmp_path / "into").reason


def exaggerate(metric: str, part: float, folder: Path) -> None:
    """Let the last rung's mean of a metric be larger by this part than its images say."""

    def change(content: dict[str, Any]) -> None:
        for scores in (content["scores"], content["rungs"][1]["scores"]):
            scores[metric]["mean"] *= 1 + part

    edit(folder, change)


@pytest.mark.parametrize(("part", "verdict"), [(1 / 1000, "added"), (1 / 50, "refused")])
def test_coarse_scores_prove_means_as_far_as_they_go(part: float, verdict: str, runs: Path, tmp_path: Path) -> None:
    folder = light(runs, tmp_path / "light")[0].folder
    exaggerate("e", part, folder)
    assert only(folder, tmp_path / "into").verdict == verdict


@pytest.mark.parametrize("metric", ["peak", "d"])
def test_scores_that_stay_exact_are_not_taken_in_coarse(metric: str, runs: Path, tmp_path: Path) -> None:
    folder = light(runs, tmp_path / "light")[0].folder
    rungs = tables.read(folder / store.SCORES)
    rungs[LAST][metric] = tables.coarse(rungs[LAST][metric])
    tables.write_long(folder / store.SCORES, rungs)
    exaggerate(metric, 1 / 1000, folder)
    assert f"mean of {metric}" in only(folder, tmp_path / "into").reason


def test_the_metric_that_ranks_is_proven_at_lower_rungs_too(runs: Path, tmp_path: Path) -> None:
    folder = light(runs, tmp_path / "light")[0].folder
    rungs = tables.read(folder / store.SCORES)
    rungs[LOWER] = rungs[LAST][["b"]]
    tables.write_long(folder / store.SCORES, rungs)

    def change(content: dict[str, Any]) -> None:
        lower, last = (rung["scores"] for rung in content["rungs"])
        lower["b"] = last["b"]
        lower["peak"] = {"mean": 99.0, "n": last["peak"]["n"]}

    edit(folder, change)
    assert "but has none by peak" in only(folder, tmp_path / "into").reason


def test_the_next_seed_has_the_pictures_where_the_first_was_refused(runs: Path, tmp_path: Path) -> None:
    [first] = (r.folder for _, r in store.find(runs) if isinstance(r, store.Result) and r.record.trial.seed == 1)
    edit(first, lambda content: content["protocol"].update(version=99))
    verdicts = {v.verdict for v in merge([runs], tmp_path / "light")}
    assert verdicts == {"added", "refused"}
    found = {r.record.trial.seed: r for _, r in store.find(tmp_path / "light") if isinstance(r, store.Result)}
    assert {seed: store.FEW_SAMPLES in r.record.files for seed, r in found.items()} == {12: True, 2: False}
