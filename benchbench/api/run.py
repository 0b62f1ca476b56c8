"""`benchbench.run`, the command of that name for notebooks and scripts, and `benchbench.leaderboard`, what it left."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

from ..boards import collect
from ..files import RUNS
from ..running import run as running
from .console import Console
from .leaderboard import Leaderboard
from .request import Options, Specs, flops_of, request_of, understood


def run(
    degrade: Specs = (), model: Specs = (), dataset: Specs = (), metric: Specs = (), **options: Unpack[Options]
) -> Leaderboard:
    """Train and evaluate models on degradations, as the command `benchbench run` does, and return their boards.

    Components are given as specs (`"unet:width=16"`), as instances, or as classes, of a plugin or your own, wherever
    they were defined. Results are kept in the folder `out`: what is done is not run again, and changing the code of a
    class makes it another model. Each model runs in child processes, so what breaks or hangs there breaks nothing here.

    >>> import benchbench as bb
    >>> board = bb.run(degrade="pixelate", model="bicubic", dataset="faces:n=40", metric="psnr", size=16, quiet=True)
    >>> board["bicubic"]  # doctest: +ELLIPSIS
    bicubic: rank ... of 2, ... dB

    :param degrade: Degradations; by default that of the plugins which is the default.
    :param model: Models; by default all.
    :param dataset: Data sets; by default that which is the default.
    :param metric: Metrics; by default all but slow ones.
    :param options: As `benchbench run --help` has them: `budget="quick"`, `seeds=3`, `size=64`, `out="runs"`, … and
        `quiet=True`, which shows no progress.
    :raises BenchbenchError: What the user can mend, before anything is written.
    :raises KeyboardInterrupt: Ctrl-C, after the running trials were ended. The same call goes on from there, and
        `leaderboard` gives the boards of what is done.
    """
    quiet = options.pop("quiet", False)
    known, specs = understood({"degradation": degrade, "model": model, "dataset": dataset, "metric": metric})
    console = Console(silent=quiet)
    for plugin in known.plugins.values():
        for problem in [*plugin.warnings, *([f"left out: {plugin.error}"] if plugin.error else [])]:
            console.warn(f"plugin {plugin.name} ({plugin.distribution}): {problem}")
    request = request_of(known, {**specs, **options})
    report = running.run(known, request, console)
    if report.interrupted:
        raise KeyboardInterrupt(
            f"stopped; the same call goes on, and leaderboard({str(request.out)!r}) has what is done"
        )
    return Leaderboard(report.boards, known, report.problems)


def leaderboard(out: Path | str = RUNS, model: Specs = (), at: str | float | None = None) -> Leaderboard:
    """Return the boards of all results that a folder holds; nothing is run.

    >>> import benchbench as bb
    >>> len(bb.leaderboard("no-such-folder"))
    0

    :param out: The folder, which `run` wrote.
    :param model: Classes of your own whose models `restore` is to find; those of plugins are known.
    :param at: The amount of training that the boards show, such as `"0.5TFLOP"`; by default the most that all have.
    :raises SpecError: No model was scored at that amount of training.
    """
    known, _ = understood({"model": model})
    boards, problems = collect(Path(out), None if at is None else flops_of(at))
    return Leaderboard(boards, known, problems)
