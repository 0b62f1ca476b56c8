"""`benchbench check`: hold components against the laws of their kind."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .. import protocol
from . import options

if TYPE_CHECKING:
    from rich.text import Text

    from ..checks import Finding
    from ..checks.law import Status

SIGNS: dict[Status, tuple[str, str]] = {"kept": ("✓", "green"), "skipped": ("–", "dim"), "broken": ("✗", "red")}


@click.command("check")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@options.option("--size", type=options.SIZE, default=protocol.LAW_SIZE, help="Side of the images tried, in px.")
@options.option("--device", default="cpu", help="cpu, cuda, cuda:1, mps, or auto.")
@click.option("--jobs", type=click.IntRange(1), help="Components at once.  [default: one a core, or one on a GPU]")
@options.option("--timeout", type=options.Finite(min=1), default=300, help="Seconds that a component may take.")
@click.option("--verbose", "-v", is_flag=True, help="Show every law, and why some say nothing about a component.")
@options.plugins
@options.as_json
def command(
    names: tuple[str, ...], size: int, device: str, jobs: int | None, timeout: float, verbose: bool, as_json: bool
) -> None:
    """Check that components keep the laws of their kind: shapes, seeds, gradients and the like.

    NAME is a component (unet:width=16), a kind (model), all, or the file of a plugin that is not installed
    (my_model.py). The exit code is 0, or 1 if a law is broken, 2 for a mistake in the command.
    """
    from rich.console import Console
    from rich.progress import Progress

    from ..checks import isolated, kind_of, selection
    from ..devices import check_device, default_jobs
    from ..processes import Limits, Pool
    from ..registry import sources
    from ..running.plan import choose

    own = tuple(Path(name) for name in names if name.endswith(".py"))
    sources.add_files(own)
    registry = options.load_registry(as_json)
    components, lacking = selection.choose(registry, [name for name in names if Path(name) not in own], own)
    check_device(device)
    degradations = choose(registry, "degradation", ["all"])
    console, report = Console(quiet=as_json, highlight=False), []
    columns = Progress.get_default_columns()[:3]
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    with bar as progress, Pool(jobs or default_jobs(device, 1), Limits(timeout)) as pool:
        task = progress.add_task("checking", total=len(components))
        for component, findings in isolated.check_apart(components, size, device, degradations, pool):
            report.append((kind_of(component), str(component), findings))
            progress.console.print(_text(*report[-1], verbose), soft_wrap=True)
            progress.advance(task)
    for reason in lacking:
        console.print(f"not checked: {reason}", markup=False, soft_wrap=True)
    if as_json:
        options.print_json([{"kind": k, "component": c, "laws": [asdict(f) for f in fs]} for k, c, fs in report])
    sys.exit(1 if any(f.status == "broken" for *_, findings in report for f in findings) else 0)


def _text(kind: str, name: str, findings: Sequence[Finding], verbose: bool) -> Text:
    """One line per component, and more for each law that it breaks."""
    from rich.text import Text

    counts = Counter(f.status for f in findings)
    facts = ", ".join(f"{counts[status]} {status}" for status in SIGNS if counts[status])
    text = Text(f"{kind} {name}: {facts}", "bold red" if counts["broken"] else "")
    for finding in findings:
        if verbose or finding.status == "broken":
            sign, style = SIGNS[finding.status]
            text.append(f"\n  {sign} " + str(finding).replace("\n", "\n    "), style)
    if not verbose and not counts["broken"] and counts["skipped"] > counts["kept"]:
        text.append("\n  – " + next(f.evidence for f in findings if f.status == "skipped"), "dim")
    return text
