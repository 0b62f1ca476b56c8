"""`benchbench run`: train and evaluate every chosen model on every chosen degradation, then write the boards."""

from __future__ import annotations

import signal
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, get_args

import click

from ..contracts.budget import PRESETS
from ..contracts.rungs import factors_text, rung_text, tuning_rung
from ..running.request import LEAST, Executors, RunRequest
from . import options

if TYPE_CHECKING:
    from ..api.console import Console
    from ..registry.registry import Registry

OWN = {"overfit_one", "dry_run", "quiet", "as_json"}  # options that are no part of a request


@click.command("run")
@click.option("--suite", metavar="NAME", help="A study's runs (unswirl, or a TOML file); other options override it.")
@options.component("dataset", "--dataset", "Data set, such as faces or folder:PHOTOS.")
@options.option("--size", type=options.SIZE, default=RunRequest.size, help="Side of the images in px.")
@options.component("degradation", "--degrade", "Degradation, such as pixelate:block=4, a+b in a row, or all.")
@options.component("model", "--model", "Model, such as unet:width=16, or all (the default).")
@options.component("metric", "--metric", "Metric, or all; by default all but slow ones, which are `default`.")
@options.option(
    "--budget",
    default=RunRequest.budget,
    help=f"Training of each model: quick ({PRESETS['quick']}), 50TFLOP, 20epochs, 10000images, 60s, or its own recipe.",
)
@options.option(
    "--seed", type=click.IntRange(0), multiple=True, default=RunRequest.seed, help="Training seed.  [repeatable]"
)
@click.option(
    "--seeds", type=click.IntRange(LEAST["seeds"]), metavar="N", help="N trainings of each model: seeds 0 to N-1."
)
@options.option("--device", default=RunRequest.device, help="cpu, cuda, cuda:1, mps, or auto.")
@click.option(
    "--jobs", type=click.IntRange(LEAST["jobs"]), help="Trials at once.  [default: one a core, or one on a GPU]"
)
@options.option(
    "--executor",
    type=click.Choice(get_args(Executors)),
    default=RunRequest.executor,
    help="Who does the trials: this machine, or the workers of a Dask cluster.",
)
@click.option("--scheduler", metavar="ADDRESS", help="Of the Dask cluster.  [default: one on this machine]")
@options.option(
    "--threads",
    type=click.IntRange(LEAST["threads"]),
    default=RunRequest.threads,
    help="CPU threads of a trial; others than 1 are other results, in their last bits.",
)
@click.option(
    "--compile",
    is_flag=True,
    help="Compile models by torch.compile before they are trained: a minute or so, for trainings of many minutes.",
)
@click.option(
    "--tune",
    is_flag=True,
    help=f"Try {factors_text()} times each model's learning rates first, to {rung_text(tuning_rung())}, and go on with "
    "what validates best.",
)
@click.option("--timeout", type=options.Finite(LEAST["timeout"]), help="Seconds after which a trial is given up.")
@click.option("--memory", metavar="SIZE", help="Main memory, such as 4GB, above which a trial is given up.")
@options.option("--out", type=options.FOLDER, default=RunRequest.out, help="Folder of the results and boards.")
@options.at
@options.option("--shard", metavar="K/N", default=RunRequest.shard, help="Only the Kth of N parts of the trials.")
@click.option("--fresh", is_flag=True, help="Discard stored results of the chosen trials first.")
@click.option("--predictions", is_flag=True, help="Keep all restored test images, so that others can score them.")
@click.option("--watch-gradients", is_flag=True, help="Keep the norm of each stage's gradient in the history.")
@click.option(
    "--overfit-one",
    is_flag=True,
    help="Only check whether each trained model can learn a single image: 1 if one cannot.",
)
@click.option("--dry-run", is_flag=True, help="Only print the plan, and about how long its trainings will take.")
@options.plugins
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@options.as_json
@click.pass_context
def command(
    ctx: click.Context,
    overfit_one: bool,
    dry_run: bool,
    quiet: bool,
    as_json: bool,
    **_: Any,
) -> None:
    """Train and evaluate models on degradations, and write the leaderboards.

    Results are kept: what is done is not run again, and an interrupted run goes on where it stopped. The exit code is
    0, or 1 if a trial failed, 2 for a mistake in the command, 130 if interrupted.
    """
    from ..api.console import Console
    from ..api.request import request_of

    given = {p for p in ctx.params if ctx.get_parameter_source(p) is not click.core.ParameterSource.DEFAULT}
    registry = options.load_registry(quiet or as_json)
    request = request_of(registry, {name: ctx.params[name] for name in given - OWN})
    _check(request, overfit_one, dry_run)
    console = Console(silent=quiet or as_json)
    try:
        work = _overfit_one if overfit_one else _dry_run if dry_run else _run
        code = work(registry, request, console, as_json)
    except KeyboardInterrupt:  # the second, or before the first trial
        code = 130
        if as_json:
            options.print_json({"error": "stopped", "exit_code": code})
    if code == 130:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # one more would only disturb the interpreter's end
        click.echo("\nbenchbench: stopped" + ("" if overfit_one else "; the same command goes on from here"), err=True)
    sys.exit(code)


def _check(request: RunRequest, overfit_one: bool, dry_run: bool) -> None:
    """Raise UsageError for options that contradict --overfit-one."""
    if overfit_one and request.executor != "local":
        raise click.UsageError("--overfit-one runs on this machine: leave --executor out")
    if overfit_one and dry_run:
        raise click.UsageError("--overfit-one is no run that could be planned: leave --dry-run out")
    if overfit_one and request.compile:
        raise click.UsageError("--overfit-one compiles nothing: leave --compile out")
    if overfit_one and request.tune:
        raise click.UsageError("--overfit-one tunes nothing: leave --tune out")
    if overfit_one and request.shard != RunRequest.shard:
        raise click.UsageError("--overfit-one has one trial a model: leave --shard out")


def _run(registry: Registry, request: RunRequest, console: Console, as_json: bool) -> int:
    """Run what is missing and show the boards; return the exit code."""
    from ..running import run
    from .next_steps import next_steps

    report = run.run(registry, request, console)
    if as_json:
        options.print_json_text(report.to_json())
    else:
        console.show(report)
        console.advise(next_steps(click.get_current_context().meta[options.TYPED], request, report))
    return 130 if report.interrupted else int(bool(report.failed))


def _dry_run(registry: Registry, request: RunRequest, console: Console, as_json: bool) -> int:
    """Show the plan with an estimate of its time; return the exit code."""
    from ..running import run
    from . import estimates

    estimate = run.dry_run(registry, request, console)
    if as_json:
        options.print_json(estimates.plain(estimate))
    else:
        estimates.show(estimate, console.rich)
    return 0


def _overfit_one(registry: Registry, request: RunRequest, console: Console, as_json: bool) -> int:
    """Print the verdict on each model; return the exit code, 1 if one cannot learn, or failed."""
    from ..checks.overfit import overfit_one

    verdicts = []
    for verdict in overfit_one(registry, request, console):
        console.checked(verdict)
        verdicts.append(verdict)
    if as_json:
        options.print_json({"overfit": [asdict(v) for v in verdicts]})
    return int(not all(v.passed for v in verdicts))
