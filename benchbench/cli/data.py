"""`benchbench data`: what can be said of a data set before models are trained on it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import completion, options

if TYPE_CHECKING:
    from rich.console import Console

    from ..data.audit import Audit

SHOWN = 20  # lines of each kind


@click.group("data")
def command() -> None:
    """Look at data sets."""


@command.command("audit")
@click.argument("dataset", metavar="DATASET", shell_complete=completion.specs_of("dataset"))
@options.option("--size", type=options.SIZE, default=128, help="Side of the images looked at, in px.")
@options.out("Folder of pictures of what is suspected, and of audit.json.")
@options.plugins
@options.as_json
def audit(dataset: str, size: int, out: Path | None, as_json: bool) -> None:
    """List what may be wrong with a data set: likely the same person in two splits, near-duplicates, enlarged, grey
    and faceless images.

    Persons are compared by a network, which the extra `faces` brings: all are suspicions, to be looked at. The exit
    code is 0, or 1 if anything is suspected, 2 for a mistake in the command.
    """
    from rich.console import Console

    from ..data import audit as auditing
    from ..files import json_text, write_atomically

    chosen = options.load_registry(as_json).resolve("dataset", dataset)
    console = Console(quiet=as_json, highlight=False)
    with _progress(console) as tell:
        tell("reading images", 0, 1)
        images = auditing.load(chosen, size)
        found = auditing.audit(images, chosen.label, tell)
    facts = {**asdict(found), "skipped": [list(pair) for pair in found.skipped]}
    if out:
        write_atomically(out / "audit.json", json_text(facts))
        for name, picture in auditing.sheets(found, images):
            write_atomically(out / name, picture)
    if as_json:
        options.print_json(facts)
    for line in _lines(found):
        console.print(line, markup=False, soft_wrap=True)
    if out:
        console.print(f"Pictures: {out}", markup=False, soft_wrap=True)
    sys.exit(0 if found.is_clean else 1)


@contextmanager
def _progress(console: Console) -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar on a terminal, and nothing elsewhere."""
    from rich.progress import Progress

    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("")

        def tell(what: str, done: int, of: int) -> None:
            bar.update(task, description=what, completed=done, total=of)

        yield tell


def _lines(found: Audit) -> Iterator[str]:
    """Say what was found, a line for each image or pair, the first of many."""
    counts = ", ".join(f"{count} {split}" for split, count in found.splits.items())
    yield f"{found.label} at {found.size} px: {found.images} images ({counts}), {len(found.skipped)} skipped"
    persons = [f"{p.first} ({p.splits[0]}), {p.second} ({p.splits[1]}): distance {p.distance}" for p in found.persons]
    twins = [f"{p.first} ({p.splits[0]}), {p.second} ({p.splits[1]})" for p in found.duplicates]
    yield from _listed("Likely one person in two splits", persons)
    yield from _listed("Near-duplicates", twins)
    yield from _listed("Enlarged, or blurred", found.enlarged)
    yield from _listed("Grey", found.grey)
    yield from _listed("No face found", found.faceless)
    yield from (f"Not looked for: {remark}" for remark in found.remarks)


def _listed(head: str, lines: Sequence[str]) -> Iterator[str]:
    yield f"{head}: {len(lines) or 'none'}"
    yield from (f"  {line}" for line in lines[:SHOWN])
    if len(lines) > SHOWN:
        yield f"  and {len(lines) - SHOWN} more: --json and --out show all"
