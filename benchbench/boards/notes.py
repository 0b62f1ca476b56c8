"""What a board says beside its numbers: its setting, how it is ranked, remarks, and what it was made on and with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..results.store import Result
from .board import Board
from .columns import BETWEEN
from .rows import GAIN, MEDIAN, RECOVERED, REGIONS, TRAININGS_STD
from .text import budget_name


@dataclass(frozen=True)
class Heading:
    """What all rows of a board have in common, as text."""

    title: str
    """Size and budget."""
    protocol: int
    images: str
    """How many there are in each split; "" where unknown."""
    seeds: str
    fingerprint: str
    test_set: str


@dataclass(frozen=True)
class Note:
    """A remark that a reader of the board needs."""

    text: str
    about: str = ""
    """The metric or model that it is about; "" for the whole board."""
    head: str = ""
    """The column's head in the text, to be emphasised."""


def heading_of(board: Board) -> Heading:
    """Say what all rows of the board have in common."""
    s = board.setting
    counts: Mapping[str, int] = next((r.content["data"] for r in board.results if "data" in r.content), {})
    splits = (("train", "training"), ("validation", "validation"), ("test", "test"))
    images = ", ".join(f"{counts[split]} {name}" for split, name in splits) + " images" if counts else ""
    left_out = f" ({counts['skipped']} files left out)" if counts.get("skipped") else ""
    seeds = sorted({str(r.content["trial"]["seed"]) for r in board.results if r.content["trial"]["seed"] is not None})
    title = f"{s.size} px, {budget_name(s.budget)}"
    return Heading(title, s.protocol, images + left_out, ", ".join(seeds) or "none needed", s.fingerprint, s.test_set)


def how_ranked(board: Board) -> list[Note]:
    """Say what gives the order, and how sure it is."""
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
    """Explain columns, say which metrics could not be had, and repeat what models say of their own results."""
    found = []
    if RECOVERED in board.rows:
        text = "recovered: the part of the way from the degraded input (0 %) to the ideal inverse (100 %)."
        found.append(Note(text, head="recovered"))
    if GAIN in board.rows and board.rows["bytes"].notna().any():
        text = "Models with bytes are codecs: what they give went through so many; untrained ones restore nothing."
        found.append(Note(text))
    found += [Note(reason, name) for name, reason in board.unavailable.items()]
    for result in board.results:
        notes = result.content.get("model", {}).get("notes", [])
        found += [Note(note, result.content["trial"]["model"]) for note in notes]
    return list(dict.fromkeys(found))


def coverage_of(board: Board) -> dict[str, str]:
    """Region -> how many test images have it, `131 of 132 images have one`, where not all do."""
    found = {}
    for region in filter(None, REGIONS):
        counts = {
            (facts["n"], result.content.get("data", {}).get("test"))
            for result in scored(board)
            for name, facts in result.content["scores"].items()
            if name.endswith(region)
        }
        n, test = min(counts, default=(0, 0))
        if n != test:
            found[region] = f"{n} of {test} images have one"
    return found


def provenance_of(board: Board) -> dict[str, list[str]]:
    """What the scored results were made on and with: words such as `Trained on` -> sorted values, without repeats."""
    contents = [result.content for result in scored(board)]
    if not contents:
        return {}
    trained = [c["timing"] for c in contents if c.get("training")]
    devices = [f"{t['device_name']} ({t['training_precision']})" for t in trained]
    return {
        "Trained on" if trained else "Run on": _distinct(devices or (c["timing"]["device_name"] for c in contents)),
        "Components from": _distinct(
            f"{o['distribution']} {o['version']}" for c in contents for os in c["origin"].values() for o in os
        ),
        "Libraries:": _distinct(
            f"{name} {version}" for c in contents for name, version in c["environment"]["libraries"].items()
        ),
        "Metrics computed by, or checked against,": _distinct(
            f"{m}: {f['library']}" for m, f in board.metrics.items() if not f["unavailable"] and f["library"]
        ),
    }


def scored(board: Board) -> Iterator[Result]:
    """Yield the results that have scores."""
    return (result for result in board.results if result.status == "scored")


def _distinct(values: Iterable[str]) -> list[str]:
    return sorted({value for value in values if value})
