"""Words beside a board's numbers: images and seeds, how it is ranked, remarks, and what it was made on and with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..contracts.model import OPEN
from ..contracts.rungs import factor_text, factors_text, tuning_rung
from ..results.scores import metric_of
from .board import Board
from .columns import BETWEEN
from .comparisons import CORRECTED
from .estimates import LEVEL_TEXT
from .rows import EQUIVALENT, RANK, RECOVERED, REGIONS, TRAININGS_STD
from .sets import set_metrics
from .text import number, rung_name

PAIRS = 10  # of equivalent models that a note names
OPEN_TRACK = (
    "open: trained elsewhere, on images that nobody here can vouch for; ranked apart from what was trained here, and "
    "never bold."
)


@dataclass(frozen=True)
class Note:
    """A remark that a reader of the board needs."""

    text: str
    about: str = ""
    """The metric or model that it is about; "" for the whole board."""
    head: str = ""
    """The column's head in the text, to be emphasised."""
    aside: bool = False
    """True of what explains a number or a gap; where space is dear it is folded away."""


def images_of(board: Board) -> str:
    """Say how many images each split has; "" where unknown."""
    data = next((r.record.data for r in board.results if r.record.data), None)
    if data is None:
        return ""
    left_out = f" ({data.skipped} files or lists not used in full)" if data.skipped else ""
    left_out += f" ({data.unchanged} of them unchanged by the degradation, and not scored)" if data.unchanged else ""
    left_out += f", {data.near_duplicates} of all nearly repeat an earlier one" if data.near_duplicates else ""
    of = f" of {max(data.persons) + 1} persons" if data.persons else ""
    return f"{data.train} training, {data.validation} validation, {data.test} test images{of}{left_out}"


def seeds_of(board: Board) -> str:
    """Name the seeds of the trainings: `seed 0`, `seeds 0, 1, 2`; "" where nothing was trained."""
    seeds = sorted({str(seed) for r in board.results if (seed := r.record.trial.seed) is not None})
    return f"seed{'s' * (len(seeds) > 1)} {', '.join(seeds)}" if seeds else ""


def how_ranked(board: Board) -> list[Note]:
    """Say what gives the order, and how certain it is."""
    if board.compression:
        return [Note(text) for text in board.compression.notes]
    if (first := board.ranked_by) is None:
        return []
    rows, several = board.rows, board.rows[TRAININGS_STD].notna().any()
    found = [Note(f"In the order of mean {first} over the test images; bold is best among the competing models.")]
    if RANK in rows:
        what = "images and trainings" if several else "images"
        found += [
            Note(
                "#: the ranks that a model may have, from 1 + the number of those surely better to the number of all "
                f"less those surely worse: paired t-tests over {what}, {CORRECTED}, {LEVEL_TEXT} for the whole board.",
                aside=True,
            ),
            Note(f"± is half of the {LEVEL_TEXT} interval over test {what}.", aside=True),
        ]
        if several:
            found.append(Note(f"{BETWEEN}: the standard deviation of the mean.", head=BETWEEN, aside=True))
    else:
        found += [
            Note("An order, no ranks: no model was trained twice, and other trainings score otherwise (--seeds 3)."),
            Note(
                f"± is half of the {LEVEL_TEXT} interval over the test images; of other trainings it knows nothing.",
                aside=True,
            ),
        ]
    found += [Note(OPEN_TRACK)] if OPEN in set(rows["role"]) else []
    return [*found, *_equivalent(board, first), *_rising(board, first)]


def _equivalent(board: Board, first: str) -> list[Note]:
    """Name the pairs of models whose difference is surely too small to matter."""
    facts, rank = board.metrics[first], {model: position for position, model in enumerate(board.rows["model"])}
    others = zip(board.rows["model"], board.rows[EQUIVALENT], strict=True)
    pairs = [
        f"{model} and {other}"
        for model, names in others
        for other in filter(None, names.split("; "))
        if rank[model] < rank[other]
    ]
    if not pairs:
        return []
    more = f" and {len(pairs) - PAIRS} more pairs" if len(pairs) > PAIRS else ""
    size = f"{facts.relevant:g} {facts.unit}".strip()
    return [Note(f"Equivalent, as they surely differ by less than {size}: {'; '.join(pairs[:PAIRS])}{more}.")]


def _rising(board: Board, first: str) -> list[Note]:
    """Explain the mark of models that still rise."""
    if not board.rising:
        return []
    facts = board.metrics[first]
    size = f"{facts.relevant:g} {facts.unit}".strip()
    rise = f"↑: still rising, by more than {size} in the last doubling of compute, so no model is ranked above it"
    return [Note(f"{rise}; doubling the budget continues its training.")]


def remarks_on(board: Board) -> list[Note]:
    """Explain columns, say which metrics are unavailable and why, and repeat the models' notes on their results."""
    found = []
    if RECOVERED in board.rows:
        text = "recovered: the part of the way from the degraded input (0 %) to the ideal inverse (100 %)."
        found.append(Note(text, head="recovered"))
    for name in set_metrics(board.rows, board.metrics):
        of = "persons" if any(r.record.data and r.record.data.persons for r in board.scored) else "images"
        half = f"half of its {LEVEL_TEXT} interval, by a bootstrap over {of}"
        found.append(Note(f"one score of all test images as a set; ± is {half}.", name))
    if "macs" in board.rows and not board.compression:
        text = (
            "MACs: multiply-accumulate operations of convolutions and matrix products, per restored image, which are "
            "what torch counts; – for a model of other operations only."
        )
        found.append(Note(text, head="MACs"))
    found += _codecs(board)
    if (
        board.setting.rung
        and (last := max((f for r in board.results for f in r.rungs), default=0)) > board.setting.rung
    ):
        found.append(Note(f"Pictures and times of restoring are of the end of each training, up to {rung_name(last)}."))
    found += _tuned(board)
    found += [Note(reason, name) for name, reason in board.unavailable.items()]
    found += _partial(board)
    for result in board.results:
        found += [Note(note, result.record.trial.model) for note in result.record.model.notes]
        if result.status == "scored" and result.record.reason:
            found.append(Note(result.record.reason, result.record.trial.model))
    return list(dict.fromkeys(found))


def _codecs(board: Board) -> list[Note]:
    """Name the codecs among the restorers of a degraded image, which have no columns of bytes there."""
    if board.compression or "bytes" not in board.rows:
        return []
    codecs = board.rows[board.rows["bytes"].notna()]
    known = [f"{model} {number(size, 0)}" for model, size in zip(codecs["model"], codecs["bytes"], strict=True)]
    text = "Codecs, whose images went through so many bytes each, on average; untrained ones restore nothing"
    return [Note(f"{text}: {', '.join(known)}.")] if known else []


def _tuned(board: Board) -> list[Note]:
    """Say which learning rates were chosen, in each training, and what the choice took."""
    tunings = [(r.record.trial.model, r.record.training.tuning) for r in board.scored if r.record.training.tuning]
    chosen = {
        model: ", ".join(factor_text(tuning.factor) for of, tuning in tunings if tuning and of == model)
        for model in board.rows.get("model", ())
    }
    if not any(chosen.values()):
        return []
    lost = [tuning.flops / 1e12 for _, tuning in tunings if tuning]
    took = " to ".join(dict.fromkeys(f"{flops:.2f}" for flops in (min(lost), max(lost))))
    return [
        Note(
            f"Tuned: learning rates of {factors_text()} times the recipe's were tried to {rung_name(tuning_rung())}, "
            "or to the budget's end, and the best on validation went on, in each training: "
            f"{'; '.join(f'{model} {factors}' for model, factors in chosen.items() if factors)}. "
            f"Those that lost took {took} TFLOP a training, which its own does not count."
        )
    ]


def _partial(board: Board) -> list[Note]:
    """Say which metrics have no score of some whole images, such as those in which no face is found."""
    counts: dict[str, set[tuple[int, int]]] = {}
    for record in (result.record for result in board.scored):
        images = record.data.test - record.data.unchanged if record.data else 0
        for name, score in record.scores.items():
            if name == metric_of(name) and score.n < images:
                counts.setdefault(name, set()).add((score.n, images))
    return [
        Note(f"of {n} of the {images} test images; the others have none, and are left out of its mean.", name)
        for name, found in counts.items()
        for n, images in sorted(found)
    ]


def coverage_of(board: Board) -> dict[str, str]:
    """Region -> how many of the scored images have it, if not all, and which metrics have no score in some of these.

    `77 of 132 images have one`; `hue-shift scores at least 70 of 77`, as what is grey has no hue.
    """
    records = [result.record for result in board.scored]
    scored = max((data.test - data.unchanged for record in records if (data := record.data)), default=0)
    found = {}
    for region in filter(None, REGIONS):
        counts: dict[str, list[int]] = {}
        for record in records:
            for name in filter(lambda name: name.endswith(region), record.scores):
                counts.setdefault(name.removesuffix(region), []).append(record.scores[name].n)
        most = max((max(ns) for ns in counts.values()), default=scored)
        words = [f"{most} of {scored} images have one"] if most != scored else []
        fewer = ((name, least) for name, ns in sorted(counts.items()) if (least := min(ns)) < most)
        words += [f"{name} scores at least {least} of {most}" for name, least in fewer]
        if words:
            found[region] = "; ".join(words)
    return found


def provenance_of(board: Board) -> dict[str, list[str]]:
    """Say what the scored results were made on and with: words such as `Trained on` -> sorted values, each once."""
    records = [result.record for result in board.scored]
    if not records:
        return {}
    trained = [r.timing for r in records if r.training]
    devices = [f"{t.device_name} ({t.training_precision})" for t in trained]
    said = {
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
    return {words: values for words, values in said.items() if values}


def _distinct(values: Iterable[str]) -> list[str]:
    return sorted({value for value in values if value})
