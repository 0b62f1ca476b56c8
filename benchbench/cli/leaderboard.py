"""`benchbench leaderboard`: boards from stored results, results from elsewhere, and questions to both."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from ..errors import BenchbenchError
from ..files import BOARDS
from . import options

RESULTS = Path(BOARDS) / "results"
WHERE = "Folder of the boards{}.  [default: " + BOARDS + ", in or around --runs]"
runs = click.option(
    "--runs",
    type=options.FOLDER,
    default=lambda: RESULTS if RESULTS.is_dir() else options.RUNS,
    help=f"Folder of the stored results, which is read.  [default: {RESULTS.as_posix()} where it exists, else runs]",
)


def boards_folder(runs: Path, given: Path | None) -> Path:
    """Return the folder of these results' boards: around `leaderboards/results`, in any other folder."""
    return given or (runs.parent if runs.name == RESULTS.name else runs / BOARDS)


@click.group("leaderboard")
def command() -> None:
    """Make leaderboards from stored results, add results from elsewhere, and compare."""


@command.command("build")
@runs
@options.out(WHERE.format(""))
@options.renamed("--to", "--out")
@options.at
def build(runs: Path, out: Path | None, at: float | None) -> None:
    """Write every board that the results give, the overall boards and the index; exit code 1 if any was left out."""
    from .. import boards as leaderboard

    written, problems = leaderboard.build(runs, boards_folder(runs, out), at)
    options.report_left_out(problems, runs, any_found=bool(written))
    for path in written:
        click.echo(path)
    sys.exit(bool(problems))


@command.command("merge")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@options.option("--out", type=options.FOLDER, default=RESULTS, help="Folder of results that they are added to.")
@options.renamed("--into", "--out")
@options.option(
    "--light/--full", default=True, help="Small: some scores coarse, no weights, no logs; see docs/reference/files.md."
)
@options.plugins
@options.as_json
def merge(paths: tuple[Path, ...], out: Path, light: bool, as_json: bool) -> None:
    """Add the results in folders and archives (.zip, .tar.gz), and people's votes (.json), each after it was checked.

    Schema, protocol, data, sums and scores are checked, and scores are computed anew where a result holds its restored
    images (`benchbench run --predictions`) and the data is at hand. Votes, which the site's blind test (eyes.html)
    gives, must be on pictures of results that are there; those in the folder `votes` of a folder come along, and such a
    folder may be named itself. Exit code 1 if anything was refused.
    """
    from ..boards.submissions.merge import merge as merged

    verdicts = []
    for verdict in merged(paths, out, light=light):
        verdicts.append(verdict)
        if not as_json:
            click.echo(verdict, err=verdict.verdict == "refused")
    if as_json:
        options.print_json([asdict(v) for v in verdicts])
    sys.exit(any(v.verdict == "refused" for v in verdicts))


@command.command("verify")
@runs
@click.option("--boards", type=options.FOLDER, help=WHERE.format(", which are checked"))
@options.renamed("--out", "--runs")
@options.renamed("--to", "--boards")
@options.at
@options.as_json
def verify(runs: Path, boards: Path | None, at: float | None, as_json: bool) -> None:
    """Check that the boards are exactly what the results give; exit code 1 if not. Nothing is written."""
    from ..boards.verify import verify as verified

    folder = boards_folder(runs, boards)
    differences = verified(runs, folder, at)
    if as_json:
        options.print_json([asdict(d) for d in differences])
    elif not differences:
        click.echo(f"{folder} is exactly what {runs} gives")
    else:
        hint = f"`benchbench leaderboard build --runs {runs} --out {folder}` writes what they should be"
        click.echo("\n".join([*map(str, differences), hint]), err=True)
    sys.exit(bool(differences))


@command.command("diff")
@click.argument("before", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("after", type=click.Path(path_type=Path, exists=True, file_okay=False))
@options.as_json
def diff(before: Path, after: Path, as_json: bool) -> None:
    """What moved from one folder of results (or boards) to another, and whether it is more than chance."""
    from ..boards.diff import diff as compared
    from .printing import show_changes

    changes = compared(before, after)
    if as_json:
        options.print_json([asdict(c) for c in changes])
    else:
        show_changes(changes)


@command.command("rank")
@click.argument("names", nargs=-1, metavar="[ENTRANT]...")
@options.option("--entrants", type=options.FILE, default=Path(BOARDS) / "entrants.toml", help="File that names them.")
@click.option("--before", type=options.FILE, help="Rank only entrants that are new or changed since this file.")
@options.option(
    "--suite", type=options.FILE, default=Path(BOARDS) / "rank.toml", help="The runs that they are ranked by."
)
@runs
@options.option("--timeout", type=options.Finite(min=1), default=1800, help="Seconds after which a trial is given up.")
@options.option("--memory", metavar="SIZE", default="8GB", help="Main memory that an entrant may take.")
@click.option("--uncontained", is_flag=True, help="Without bubblewrap: code reaches your files and the network.")
@options.option("--out", type=options.FOLDER, default=Path("ranked"), help="Folder of comment.md and rank.json.")
@options.as_json
def rank(
    names: tuple[str, ...], entrants: Path, before: Path | None, suite: Path, runs: Path, timeout: float, memory: str,
    uncontained: bool, out: Path, as_json: bool,
) -> None:  # fmt: skip
    """Try strangers' models in a sandbox: which laws they break, where they stand, how far from their neighbours.

    ENTRANT is a name in the file of entrants; all, if left out. Exit code 1 if any breaks a law or has no place.
    """
    from ..devices import parse_bytes
    from ..entrants import rank as ranking
    from ..entrants import sandbox
    from ..entrants.answer import comment
    from ..entrants.entry import chosen
    from ..files import json_text, write_atomically
    from ..processes import Limits

    if not uncontained and (reason := sandbox.why_not_walled()):
        raise click.UsageError(f"{reason}; --uncontained does without")
    court = ranking.Court(suite, runs, Limits(timeout, parse_bytes(memory)), not uncontained)
    answers = []
    for entrant in chosen(entrants, before, names):
        click.echo(f"{entrant.name}: is checked and trained", err=True)
        answers.append(ranking.rank(court, entrant, out))
    out.mkdir(parents=True, exist_ok=True)
    text, report = comment(answers), json_text([asdict(answer) for answer in answers])
    write_atomically(out / "comment.md", text.encode())
    write_atomically(out / "rank.json", report.encode())
    if as_json:
        options.print_json_text(report)
    else:
        click.echo(text, nl=False)
    sys.exit(not all(answer.ok for answer in answers))


@command.command("fairness")
@click.option(
    "--by", multiple=True, required=True, metavar="ATTRIBUTE",
    help="Label of the images, such as gender or birth_year/10 (in tens); two are also crossed.  [repeatable]",
)  # fmt: skip
@click.option("--degrade", multiple=True, metavar="SPEC", help="Only the boards of this degradation.  [repeatable]")
@runs
@options.out("Also write OUT.md, OUT.csv and OUT.json.", type=click.Path(path_type=Path))
@options.renamed("--to", "--out")
@options.plugins
@options.as_json
def fairness(by: tuple[str, ...], degrade: tuple[str, ...], runs: Path, out: Path | None, as_json: bool) -> None:
    """Scores by group: who is restored worse, by how much, and is it more than the degradation's own doing?

    Groups are labels of the data set, which has to be at hand; they are read from there and not kept in results.
    """
    from ..boards import collect
    from ..boards.fairness import audit
    from ..boards.markdown import fairness as page
    from .printing import show_audit

    boards = [b for b in collect(runs)[0] if not degrade or b.setting.degradation in degrade]
    if not boards:
        raise BenchbenchError(f"there are no such boards under {runs}")
    tables = [table for board in boards for table in audit(board, by)]
    written = page.write_audit(tables, out) if out else []
    if as_json:
        options.print_json_text(page.as_json(tables))
        return
    show_audit(tables)
    for path in written:
        click.echo(f"Written: {path}")
