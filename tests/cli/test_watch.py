"""A run that is followed from elsewhere: its journal, the command that shows it, and the page that renews itself."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import toys
from click.testing import CliRunner
from jobs import go

from benchbench.boards import collect
from benchbench.boards.site import write_site
from benchbench.boards.site.now import FILE, write_now
from benchbench.cli import main
from benchbench.cli.watch import sparkline
from benchbench.results.journal import FOLDER, ongoing_runs
from benchbench.results.trial import Trial
from benchbench.running import plan
from benchbench.running.journal import Journal
from benchbench.running.request import RunRequest

TRIALS = plan.trials(
    toys.registry(), RunRequest(seed=[0, 1]), [toys.unread(Path("cache"))], [toys.Darken()], [toys.TinyConv()]
)
CURVE = [{"flops": 1e11 * (n + 1), "validation_psnr": 15.0 + n} for n in range(3)]


def at_work(out: Path, trials: list[Trial] = TRIALS) -> Journal:
    """A run of two trials, the second of which is half done."""
    journal = Journal(out, trials)
    journal.started(trials[1])
    for row in CURVE:
        journal.validated(trials[1], row)
    journal._written = 0.0
    journal.progressed(trials[1], {"fraction": 0.5, "images_per_second": 40.0, "seconds_left": float("nan")})
    return journal


def test_a_run_tells_how_it_stands_and_leaves_nothing(tmp_path: Path) -> None:
    journal = at_work(tmp_path)
    [run] = ongoing_runs(tmp_path)
    assert (run.pid, run.trials, run.done) == (os.getpid(), 2, 0)
    [trial] = run.at_work
    assert (trial.model, trial.degradation, trial.progress["seconds_left"]) == ("tiny-conv #1", "darken", None)
    assert trial.curve == [(0.1, 15.0), (0.2, 16.0), (0.3, 17.0)]
    journal.close()
    assert ongoing_runs(tmp_path) == []
    assert not list((tmp_path / FOLDER).iterdir())


def test_a_run_that_was_killed_is_not_at_work_and_the_next_one_tidies_up(tmp_path: Path) -> None:
    at_work(tmp_path)
    [file] = (tmp_path / FOLDER).iterdir()
    dead = json.loads(file.read_text()) | {"pid": 2**22 + 1}  # beyond the largest of Linux
    file.rename(file.with_name("other.json")).write_text(json.dumps(dead))
    (tmp_path / FOLDER / "half.json").write_text("{")
    assert ongoing_runs(tmp_path) == []
    Journal(tmp_path, TRIALS)
    assert [path.name for path in (tmp_path / FOLDER).iterdir()] == ["half.json"]


def test_a_real_run_is_followed_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, int]] = []
    written = Journal._write

    def write(self: Journal) -> None:
        written(self)
        [run] = ongoing_runs(tmp_path)
        seen.append((run.done, len(run.at_work)))

    monkeypatch.setattr(Journal, "_write", write)
    go(tmp_path, model=["tiny-conv"], degradation=["darken"], jobs=1)
    assert seen[0] == (0, 1)
    assert seen[-1] == (1, 0)
    assert ongoing_runs(tmp_path) == []


def test_watch_shows_how_far_each_trial_is(tmp_path: Path) -> None:
    at_work(tmp_path)
    shown = CliRunner().invoke(main, ["watch", str(tmp_path)], env={"COLUMNS": "120"})
    assert shown.exit_code == 0
    assert "0 of 2 trials have ended" in shown.output
    assert "tiny-conv #1" in shown.output
    assert "50%" in shown.output
    assert sparkline([15.0, 16.0, 17.0]) in shown.output
    asked = CliRunner().invoke(main, ["watch", str(tmp_path), "--json"])
    assert json.loads(asked.stdout)[0]["at_work"][0]["model"] == "tiny-conv #1"
    none = CliRunner().invoke(main, ["watch", str(tmp_path / "none")])
    assert (none.exit_code, "No run is at work" in none.output) == (0, True)


def test_the_page_renews_itself_while_there_is_a_run(tmp_path: Path) -> None:
    runs, site = tmp_path / "runs", tmp_path / "site"
    journal = at_work(runs)
    write_site([], site)
    page = write_now(site, ongoing_runs(runs), collect(runs)[0], 3).read_text(encoding="utf-8")
    assert '<meta http-equiv="refresh" content="3">' in page
    assert "tiny-conv #1 (at work)" in page
    assert page.count('class="hit"') == 1
    write_site([], site)
    assert (site / FILE).is_file()  # a browser that renews it finds it
    journal.close()
    ended = write_now(site, ongoing_runs(runs), [], 3).read_text(encoding="utf-8")
    assert "refresh" not in ended
    assert "The run has ended" in ended
    write_site([], site)
    assert not (site / FILE).exists()
