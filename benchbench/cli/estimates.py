"""The plan of a run, with about how long its trainings take: what `benchbench run --dry-run` shows."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..boards.text import duration
from ..running.estimate import TRY_SECONDS, Estimate

WORDS = {"stored": "a training stored here", "tried": f"a try of {TRY_SECONDS} seconds"}


def show(estimate: Estimate, console: Console) -> None:
    """Print a line per model and the whole."""
    if not estimate.trials:
        console.print("Nothing is left to run.")
        return
    table = Table("model", "trials", "training of each", "known by")
    for model, count in Counter(str(trial.model) for trial in estimate.trials).items():
        times = [
            estimate.training[t.key] for t in estimate.trials if str(t.model) == model and t.key in estimate.training
        ]
        each = " to ".join(dict.fromkeys(map(duration, (min(times), max(times))))) if times else "–"
        source = estimate.source.get(model, "" if times else "needs no training")
        table.add_row(*map(Text, (model, str(count), each, WORDS.get(source, source))))
    console.print(table)
    console.print(_whole(estimate), soft_wrap=True)


def _whole(estimate: Estimate) -> str:
    """Say how long all trainings take, and how that is known."""
    if not estimate.training:
        return "How long it takes is not known." if estimate.source else "Nothing is trained."
    counts = Counter(estimate.source.values())
    known = " and ".join(f"{counts[source]} by {words}" for source, words in WORDS.items() if counts[source])
    unknown = sum(count for source, count in counts.items() if not source.startswith(("skipped", *WORDS)))
    lacking = f", {unknown} not at all" if unknown else ""
    return (
        f"All trainings take about {duration(estimate.seconds)}, {estimate.at_once} at once: models known {known}"
        f"{lacking}. Scoring comes on top. Nothing was run or written."
    )


def plain(estimate: Estimate) -> dict[str, Any]:
    """Return the plan in plain values, for scripts."""
    trials = []
    for trial in estimate.trials:
        known_by = estimate.source.get(str(trial.model))
        trials.append({**trial.describe(), "seconds": estimate.training.get(trial.key), "known_by": known_by})
    return {"trials": trials, "at_once": estimate.at_once, "seconds": estimate.seconds}
