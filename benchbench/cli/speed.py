"""`benchbench speed`: how fast components are, beside other libraries that do the same."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import SpecError, one_line
from . import options

if TYPE_CHECKING:
    from ..speed import Timing

HEADS = ("kind", "component", "library", "ms an image", "quartiles", "ratio", "differs by")


@click.command("speed")
@options.component("degradation", "--degrade", "Degradation, or all; models restore the first.")
@options.component("metric", "--metric", "Metric, or all.")
@options.component("model", "--model", "Model, or all.")
@options.option("--size", type=options.SIZE, default=128, help="Side of the images in px.")
@options.option("--seconds", type=options.Finite(min=0), default=2.0, help="For each comparison.")
@options.option("--device", default="cpu", help="cpu, cuda or auto.")
@click.option("--threads", type=click.IntRange(1), help="CPU threads.  [default: one a core]")
@click.option("--compare", type=options.FILE, help="An earlier --json of this machine: show what is faster now.")
@options.plugins
@options.as_json
def command(
    size: int,
    seconds: float,
    device: str,
    threads: int | None,
    compare: Path | None,
    as_json: bool,
    **specs: tuple[str, ...],
) -> None:
    """Time components, in turn with other libraries that do the same.

    Without a choice, all of them. Milliseconds an image are the median of the rounds; the ratio is theirs to ours, more
    than 1 where benchbench is faster.
    """
    from .. import devices, speed

    devices.check_device(device)
    device, threads = devices.resolved(device), threads or devices.cores()
    devices.set_up(device, threads)  # as a trial's process is
    devices.keep_freed_memory()
    registry = options.load_registry(as_json)
    specs = specs if any(specs.values()) else dict.fromkeys(specs, ("all",))
    before = speed.read_report(compare, size, device) if compare else {}
    timings: list[Timing] = []
    warn = functools.partial(click.echo, err=True)
    if not as_json:
        warn(f"{size} px, {device}, {threads} threads")
    for case in speed.cases(registry, specs, size, device, warn):
        try:
            found = speed.time_case(case, seconds, warn)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a plugin's
            warn(f"{case.kind} of {case.name} is not timed: {one_line(error)}")
            continue
        if not as_json:
            _show(found, before, heads=not timings)
        timings += found
    if any(t.high > 2 * t.low for t in timings):
        warn("quartiles far apart: this machine has other work; --threads 1 suffers less from it")
    if not timings:
        raise SpecError("nothing of what was named can be timed")
    if as_json:
        options.print_json(speed.report(timings, size, device))


def _show(found: Sequence[Timing], before: Mapping[tuple[str, str, str], float], heads: bool) -> None:
    """Print a line per timing, its columns as wide as those of all others, so that it can be shown at once."""
    rows = [(*HEADS, "before/now" if before else "")] if heads else []
    for t in found:
        ratio = "" if t.ratio is None else f"{t.ratio:.1f}×"
        difference = "" if t.difference is None else f"{t.difference:.0e}"
        old = before.get((t.kind, t.name, t.library))
        faster = "" if old is None else f"{old / t.ms:.2f}×"
        times = f"{t.ms:.4f}", f"{t.low:.4f}–{t.high:.4f}"
        rows.append((t.kind, t.name, t.library, *times, ratio, difference, faster))
    for row in rows:
        click.echo("{:<14} {:<19} {:<13} {:>11} {:>19} {:>7} {:>10} {:>10}".format(*row).rstrip())
