"""Results from elsewhere: what is taken in, and as what."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import results
from click.testing import CliRunner
from PIL import Image
from submitting import RUN, edit, one, only, refusal

from benchbench.boards import collect, write_boards
from benchbench.boards.submissions.light import SAMPLES_KEPT
from benchbench.boards.submissions.merge import merge
from benchbench.cli import main
from benchbench.results import store

# ── what is taken in ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_results_are_added_light_and_again_they_are_known(runs: Path, tmp_path: Path) -> None:
    into = tmp_path / "into"
    assert {v.verdict for v in merge([runs], into)} == {"added"}
    for folder in into.glob("*/*/*/*"):
        assert set(os.listdir(folder)) <= {store.PACKED, store.SCORES, store.HISTORY, store.FEW_SAMPLES}
        assert store.read(folder).record.key == folder.name
    assert {v.verdict for v in merge([runs], into)} == {"known"}
    assert {v.verdict for v in merge([into], tmp_path / "again")} == {"added"}


def test_boards_of_light_results_say_what_those_of_whole_ones_say(runs: Path, tmp_path: Path) -> None:
    list(merge([runs], tmp_path / "light"))
    list(merge([runs], tmp_path / "full", light=False))
    folders = {out: tmp_path / f"{out.name}-boards" for out in (runs, tmp_path / "light", tmp_path / "full")}
    for out, to in folders.items():
        write_boards(collect(out)[0], to)
    whole, *others = folders.values()
    names = sorted(p.relative_to(whole) for p in whole.rglob("*") if p.is_file())
    for other in others:
        assert sorted(p.relative_to(other) for p in other.rglob("*") if p.is_file()) == names
        for name in names:
            if name.suffix != ".webp":
                assert (other / name).read_bytes() == (whole / name).read_bytes()


def test_light_scores_are_the_whole_ones_to_the_bit(runs: Path, tmp_path: Path) -> None:
    list(merge([runs], tmp_path / "into"))
    for path in (tmp_path / "into").glob(f"*/*/*/*/{store.SCORES}"):
        folder = path.parent
        same = results.scores_in(runs / folder.relative_to(tmp_path / "into"))
        assert results.scores_in(folder).equals(same)


def test_the_frame_of_the_samples_is_kept_once(runs: Path, tmp_path: Path) -> None:
    list(merge([runs], tmp_path / "into"))
    heights = {}
    for model in ("identity", "median"):
        with Image.open(one(tmp_path / "into", model) / store.FEW_SAMPLES) as picture:
            heights[model] = picture.height
            assert picture.width == 16 * min(SAMPLES_KEPT, len(results.scores_in(one(runs))))
    assert heights == {"identity": 48, "median": 16}


def test_a_result_with_more_metrics_replaces_the_older_one(runs: Path, tmp_path: Path) -> None:
    list(merge([runs], tmp_path / "into"))
    older = one(tmp_path / "into")

    def forget(content: dict[str, Any]) -> None:
        for name in list(content["scores"]):
            if name.startswith("lightness-shift"):
                del content["scores"][name]
        del content["metrics"]["lightness-shift"]
        content["finished_at"] = "2020-01-01T00:00:00+00:00"

    results.write_scores(older, results.scores_in(older).filter(regex="^psnr"))
    edit(older, forget)
    assert only(one(runs), tmp_path / "into").verdict == "replaced"
    assert "lightness-shift" in store.read(older).record.scores


def test_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "there is no result.json" in refusal(tmp_path / "empty", tmp_path / "into")
    assert "no such folder" in refusal(tmp_path / "nowhere", tmp_path / "into")


def test_a_folder_may_hold_votes_alone_which_are_looked_at_unless_an_entrant_brings_them(tmp_path: Path) -> None:
    folder = tmp_path / "alone.json"
    (folder / "votes" / "none.json").mkdir(parents=True)
    assert "there is no result.json" in refusal(folder, tmp_path / "into")
    (folder / "votes" / "one.json").write_text("{}")
    [verdict] = merge([folder], tmp_path / "into")
    assert (verdict.source, "no file of votes" in verdict.reason) == (str(folder / "votes" / "one.json"), True)
    [verdict] = merge([folder], tmp_path / "into", with_votes=False)
    assert (verdict.source, "there is no result.json" in verdict.reason) == (str(folder), True)


def test_the_folder_of_votes_itself_is_taken_like_the_one_around_it(tmp_path: Path, monkeypatch: Any) -> None:
    folder = tmp_path / "results" / "votes"
    folder.mkdir(parents=True)
    (folder / "one.json").write_text("{}")
    around, itself = (list(merge([path], tmp_path / "into")) for path in (folder.parent, folder))
    assert itself == around
    assert "no file of votes" in itself[0].reason
    monkeypatch.chdir(folder)
    assert [v.source for v in merge([Path(".")], tmp_path / "into")] == ["one.json"]


# ── the command ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_command_tells_each_verdict_and_fails_if_one_was_refused(runs: Path, tmp_path: Path) -> None:
    call = ["leaderboard", "merge", str(runs), "--out", str(tmp_path / "into"), "--json"]
    edit(one(runs), lambda content: content["protocol"].update(version=99))
    found = CliRunner().invoke(main, call)
    assert found.exit_code == 1
    verdicts = {Path(v["source"]).parent.name: v["verdict"] for v in json.loads(found.output)}
    assert verdicts == {"identity": "added", "median": "refused", "oracle": "added"}
    again = CliRunner().invoke(main, call[:-1])
    assert again.exit_code == 1
    assert len([line for line in again.stderr.splitlines() if line.startswith("refused: ")]) == 1


def test_a_light_result_is_run_again_when_a_metric_is_missing(runs: Path, tmp_path: Path) -> None:
    """Its weights are gone, so nothing can be added to it."""
    list(merge([runs], tmp_path / "into"))
    call = [*RUN, "--metric", "mae", "--out", str(tmp_path / "into")]
    assert CliRunner().invoke(main, call).exit_code == 0
    record = store.read(one(tmp_path / "into")).record
    assert {"psnr", "mae"} <= record.scores.keys()
    assert store.WEIGHTS in record.files
