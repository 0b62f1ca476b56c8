"""`benchbench run`: train and evaluate every chosen model on every chosen degradation, then write the boards."""

from __future__ import annotations

import re
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from ..files import json_text
from . import options

if TYPE_CHECKING:
    from ..registry.registry import Registry
    from ..running.plan import RunRequest
    from .console import Console


@click.command("run")
@click.option(
    "--suite", metavar="NAME", help="A study's own runs (unswirl, or a TOML file); other options override it."
)
@options.component("dataset", "--dataset", "Data set, such as faces or folder:PHOTOS.")
@click.option("--size", type=click.IntRange(8, 2048), default=64, show_default=True, help="Side of the images in px.")
@options.component("degradation", "--degrade", "Degradation, such as pixelate:block=4, a+b in a row, or all.")
@options.component("model", "--model", "Model, such as unet:width=16, or all (the default).")
@options.component("metric", "--metric", "Metric, or all (the default).")
@click.option(
    "--budget",
    default="quick",
    show_default=True,
    help="Training of each model: quick, recipe (its own), 50TFLOP, 20epochs, 10000images, 60s.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    multiple=True,
    default=(0,),
    show_default=True,
    help="Training seed.  [repeatable]",
)
@click.option("--seeds", type=click.IntRange(1), metavar="N", help="N trainings of each model: seeds 0 to N-1.")
@click.option("--device", default="auto", show_default=True, help="cpu, cuda, cuda:1, or auto.")
@click.option("--jobs", type=click.IntRange(1), help="Trials at once.  [default: one a core, or one on a GPU]")
@click.option(
    "--executor",
    type=click.Choice(["local", "dask"]),
    default="local",
    show_default=True,
    help="Who does the trials: this machine, or the workers of a Dask cluster.",
)
@click.option("--scheduler", metavar="ADDRESS", help="Of the Dask cluster.  [default: one on this machine]")
@click.option(
    "--threads",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="CPU threads of a trial; others than 1 are other results, in their last bits.",
)
@click.option(
    "--compile",
    "compiled",
    is_flag=True,
    help="Compile models by torch.compile before they are trained: a minute or so, for trainings of many minutes.",
)
@click.option("--timeout", type=click.FloatRange(min=1), help="Seconds after which a trial is given up.")
@click.option("--memory", metavar="SIZE", help="Main memory, such as 4GB, above which a trial is given up.")
@options.out
@click.option("--fresh", is_flag=True, help="Discard stored results of the chosen trials first.")
@click.option("--predictions", is_flag=True, help="Keep all restored test images, so that others can score them.")
@click.option(
    "--watch-gradients", is_flag=True, help="Keep the norm of each stage's gradient in the history of what is trained."
)
@click.option(
    "--overfit-one",
    is_flag=True,
    help="Only check that each trained model can learn a single image; the exit code is 1 if one cannot.",
)
@options.plugins
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@options.as_json
@click.pass_context
def command(
    ctx: click.Context,
    suite: str | None,
    dataset: tuple[str, ...],
    size: int,
    degradation: tuple[str, ...],
    model: tuple[str, ...],
    metric: tuple[str, ...],
    budget: str,
    seed: tuple[int, ...],
    seeds: int | None,
    device: str,
    jobs: int | None,
    executor: Literal["local", "dask"],
    scheduler: str | None,
    threads: int,
    compiled: bool,
    timeout: float | None,
    memory: str | None,
    out: Path,
    fresh: bool,
    predictions: bool,
    watch_gradients: bool,
    overfit_one: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Train and evaluate models on degradations, and write the leaderboards.

    Results are kept: what is done is not run again, and an interrupted run goes on where it stopped. The exit code is
    0, or 1 if a trial failed, 2 for a mistake in the command, 130 if interrupted.
    """
    from ..running import plan, run
    from .console import Console

    given = {p for p in ctx.params if ctx.get_parameter_source(p) is not click.core.ParameterSource.DEFAULT}
    if seeds and "seed" in given:
        raise click.UsageError("--seed names seeds, --seeds counts them: give one of the two")
    if seeds:
        seed, given = tuple(range(seeds)), given | {"seed"}
    if scheduler and executor != "dask":
        raise click.UsageError("--scheduler is for --executor dask")
    if scheduler and device == "auto":
        raise click.UsageError("--scheduler needs --device cpu or --device cuda: its workers may not be alike")
    if scheduler and not re.search(r":\d+$", scheduler):
        raise click.UsageError("--scheduler is an address such as tcp://HOST:8786")
    if overfit_one and executor != "local":
        raise click.UsageError("--overfit-one runs on this machine: leave --executor out")
    if overfit_one and compiled:
        raise click.UsageError("--overfit-one compiles nothing: leave --compile out")
    registry = options.load_registry(quiet or as_json)
    wanted = plan.RunRequest(
        dataset=dataset,
        size=size,
        degradation=degradation,
        model=model,
        metric=metric,
        budget=budget,
        seed=seed,
        out=out,
        device=device,
        jobs=jobs,
        executor=executor,
        scheduler=scheduler,
        threads=threads,
        compile=compiled,
        timeout=timeout,
        memory=memory,
        fresh=fresh,
        predictions=predictions,
        watch_gradients=watch_gradients,
    )
    if suite:
        wanted = plan.with_suite(registry, wanted, suite, given)
    console = Console(silent=quiet or as_json)
    stopped = failed = False
    try:
        if overfit_one:
            failed = _overfit_one(registry, wanted, console, as_json)
        else:
            report = run.run(registry, wanted, console)
            stopped, failed = report.interrupted, bool(report.failed)
            if as_json:
                click.echo(report.to_json(), nl=False)
            else:
                console.show(report)
    except KeyboardInterrupt:  # the second, or before the first trial
        stopped = True
    if stopped:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # one more would only disturb the interpreter's end
        click.echo("\nbenchbench: stopped" + ("" if overfit_one else "; the same command goes on from here"), err=True)
        sys.exit(130)
    sys.exit(1 if failed else 0)


def _overfit_one(registry: Registry, request: RunRequest, console: Console, as_json: bool) -> bool:
    """Print the verdict on each model; return whether any cannot learn, or failed."""
    from ..checks.overfit import overfit_one

    verdicts = []
    for verdict in overfit_one(registry, request, console):
        console.checked(verdict)
        verdicts.append(verdict)
    if as_json:
        click.echo(json_text({"overfit": [asdict(v) for v in verdicts]}), nl=False)
    return not all(v.passed for v in verdicts)
