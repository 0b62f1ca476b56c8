"""The three commands that one is likely to want after a run."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..contracts.budget import Budget
from ..running.request import RunRequest
from ..running.run import Report
from . import options

SEEDS = 3
LARGER = 5  # times the budget


def next_steps(arguments: Sequence[str], request: RunRequest, report: Report) -> list[tuple[str, str]]:
    """Choose three (command, what it is for) after a run of `benchbench ARGUMENTS`, those it needs most first."""
    candidates = [*_needed(arguments, report), *_wanted(arguments, request, report), *_always(request.out)]
    return list(dict(candidates).items())[:3]


def _needed(arguments: Sequence[str], report: Report) -> Iterator[tuple[str, str]]:
    """Yield what a run needs that was stopped, or in which something failed."""
    if report.interrupted:
        yield shlex.join(["benchbench", *arguments]), "go on from here"
    for record in report.failed[:1]:
        yield shlex.join(["benchbench", "check", record.trial.model]), "which laws it breaks"


def _wanted(arguments: Sequence[str], request: RunRequest, report: Report) -> Iterator[tuple[str, str]]:
    """Yield what can be done with the models that were trained."""
    trained = [record for record in report.results if record.status == "scored" and record.trial.seed is not None]
    yield _command("site", request.out), "boards, faces and models in a browser"
    if not trained:
        yield "benchbench list models", "models, those to be trained included"
        return
    if suffers := [record for record in trained if record.trial.degrades]:
        on = shlex.quote(suffers[0].trial.degradation)
        yield _command(f"restore PHOTO --degrade {on}", request.out), "a photograph of yours"
    if len({record.trial.seed for record in trained}) < SEEDS:
        yield _again(arguments, ["--seed", "--seeds"], "--seeds", str(SEEDS)), "ranks, which take several trainings"
    elif any(grid.budget for grid in request.grids):  # which --budget would override
        return
    elif more := Budget.parse(request.budget).times(LARGER):
        yield _again(arguments, ["--budget"], "--budget", more), "more training, from where it stopped"


def _always(out: Path) -> Iterator[tuple[str, str]]:
    yield _command("leaderboard verify", out), "check that the boards are what the results give"
    yield "benchbench new-plugin NAME --kind model", "a package to begin with, for a model of your own"


def _command(words: str, out: Path) -> str:
    return f"benchbench {words}" + ("" if out == options.RUNS else f" --runs {shlex.quote(str(out))}")


def _again(arguments: Sequence[str], without: Sequence[str], *more: str) -> str:
    """Return the command once more, with other values of an option."""
    kept, skip = [], False
    for word in arguments:
        if not skip and word.partition("=")[0] not in without:
            kept.append(word)
        skip = word in without
    return shlex.join(["benchbench", *kept, *more])
