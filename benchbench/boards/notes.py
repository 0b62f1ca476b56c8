"""Words beside a board's numbers: images and seeds, how it is ranked, remarks, and what it was made on and with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .board import Board
from .columns import BETWEEN
from .rows import GAIN, MEDIAN, RECOVERED, REGIONS, TRAININGS_STD


@dataclass(frozen=True)
class Note:
    """A remark that a reader of the board needs."""

    text: str
    about: str = ""
    """The metric or model that it is about; "" for the whole board."""
    head: str = ""
    """The column's head in the text, to be emphasised."""


def images_of(board: Board) -> str:
    """Say how many images each split has; "" where unknown."""
    data = next((r.record.data for r in board.results if r.record.data), None)
    if data is None:
        return ""
    left_out = f" ({data.skipped} files left out)" if data.skipped else ""
    return f"{data.train} training, {data.validation} validation, {data.test} test images{left_out}"


def seeds_of(board: Board) -> str:
    """Name the seeds of the trainings."""
    seeds = sorted({str(seed) for r in board.results if (seed := r.record.trial.seed) is not None})
    return ", ".join(seeds) or "none needed"


def how_ranked(board: Board) -> list[Note]:
    """Say what gives the order, and how certain it is."""
    if (first := board.ranked_by) is None:
        return []
    several = board.rows[TRAININGS_STD].notna().any()
    others = f"shows {BETWEEN} (standard deviation)" if several else "takes several seeds to know"
    found = [
        Note(f"In the order of mean {first} over the test images; bold is best among the competing models."),
        Note(
            "Models share a rank that cannot be told from its first one: paired Wilcoxon signed-rank tests over the "
            "images, Holm's correction for all pairs, 95 %."
        ),
        Note(
            f"± is half of the 95 % bootstrap interval over the test images; how other trainings would "
            f"differ {others}.",
            head=BETWEEN if several else "",
        ),
    ]
    if first + MEDIAN in board.rows:
        found.append(Note("A mean is infinite where a single image is perfect; medians give the order on this board."))
    return found


def remarks_on(board: Board) -> list[Note]:
    """Explain columns, say which metrics are unavailable and why, and repeat the models' notes on their results."""
    found = []
    if RECOVERED in board.rows:
        text = "recovered: the part of the way from the degraded input (0 %) to the ideal inverse (100 %)."
        found.append(Note(text, head="recovered"))
    if GAIN in board.rows and board.rows["bytes"].notna().any():
        text = "Models with bytes are codecs: what they give went through so many; untrained ones restore nothing."
        found.append(Note(text))
    found += [Note(reason, name) for name, reason in board.unavailable.items()]
    for result in board.results:
        found += [Note(note, result.record.trial.model) for note in result.record.model.notes]
    return list(dict.fromkeys(found))


def coverage_of(board: Board) -> dict[str, str]:
    """Region -> how many test images have it, `131 of 132 images have one`, for regions that some lack."""
    found = {}
    for region in filter(None, REGIONS):
        counts = {
            (score.n, result.record.data and result.record.data.test)
            for result in board.scored
            for name, score in result.record.scores.items()
            if name.endswith(region)
        }
        n, test = min(counts, default=(0, 0))
        if n != test:
            found[region] = f"{n} of {test} images have one"
    return found


def provenance_of(board: Board) -> dict[str, list[str]]:
    """Say what the scored results were made on and with: words such as `Trained on` -> sorted values, each once."""
    records = [result.record for result in board.scored]
    if not records:
        return {}
    trained = [r.timing for r in records if r.training]
    devices = [f"{t.device_name} ({t.training_precision})" for t in trained]
    return {
        "Trained on" if trained else "Run on": _distinct(devices or (r.timing.device_name for r in records)),
        "Components from": _distinct(
            f"{o.distribution} {o.version}" for r in records for origins in r.origin.values() for o in origins
        ),
        "Libraries:": _distinct(
            f"{name} {version}" for r in records for name, version in r.environment.libraries.items()
        ),
        "Metrics computed by, or checked against,": _distinct(
            f"{m}: {f.library}" for m, f in board.metrics.items() if f.library and not f.unavailable
        ),
    }


def _distinct(values: Iterable[str]) -> list[str]:
    return sorted({value for value in values if value})
