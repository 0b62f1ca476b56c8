"""The pages: what each template is given."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from .. import plots
from ..pareto import COSTS, fronts
from ..provenance import provenance
from ..text import number
from . import charts, columns, page_data
from .cards import Card, Showing
from .charts import Series
from .entries import Entry, comparisons, leagues
from .matrix import matrix
from .pictures import Album
from .render import page


def front_page(
    path: str, placed: Sequence[Entry], albums: Mapping[str, Album], slugs: Mapping[str, str], kinds: Mapping[str, str]
) -> str:
    """Who leads on each degradation and over all of them, and all models against all degradations."""
    together = comparisons([entry.board for entry in placed])
    parts = [
        {
            "league": league,
            "entries": members,
            "overall": together.get(league),
            "matrix": matrix(members, together.get(league)),
            "images": _test_images(members),
        }
        for league, members in leagues(placed).items()
    ]
    degradations = len({entry.board.setting.degradation for entry in placed})
    return page(
        "index.html", path, leagues=parts, models=len(slugs), degradations=degradations,
        albums=albums, slugs=slugs, kinds=kinds, leads=lead,
    )  # fmt: skip


def _test_images(members: Sequence[Entry]) -> int | None:
    results = [result for entry in members for result in entry.results.values()]
    return next((r.content["data"]["test"] for r in results if "data" in r.content), None)


def lead(entry: Entry) -> dict[str, Any] | None:
    """The leader of a board in words: its score, its uncertainty, its gain and who shares its place."""
    row, first = entry.leader, entry.board.ranked_by
    if row is None or first is None:
        return None
    facts = entry.board.metrics[first]
    column = columns.Column(first, first, "main", facts["unit"], facts["higher_is_better"], facts["digits"])
    gain = row.get("gain", math.nan)
    return {
        "model": row["model"],
        "metric": first,
        "score": f"{number(row[first], facts['digits'])} {facts['unit']}".strip(),
        "margin": columns.margin(row, column),
        "gain": f"{gain:+.{facts['digits']}f} {facts['unit']}".strip() if math.isfinite(gain) else "",
        "peers": entry.peers,
        "sees": row["sees"],
    }


def board_page(path: str, entry: Entry, album: Album | None, slugs: Mapping[str, str], kinds: Mapping[str, str]) -> str:
    """A board: its table, its faces, its charts, and what could not be ranked and why."""
    shown = columns.columns(entry.board)
    cells = {column.key: columns.cells(entry.board, column) for column in shown}
    histories = plots.histories_of(entry.board)
    curves = [Series(m, [(row["flops"] / 1e12, row["validation_psnr"]) for row in h]) for m, h in histories.items()]
    rates = [Series(codec, points) for codec, points in plots.rates_of(entry.board).items()]
    first = entry.board.ranked_by
    unit = entry.board.metrics[first]["unit"] if first else ""
    return page(
        "board.html",
        path,
        entry=entry,
        album=album,
        lead=lead(entry),
        columns=shown,
        cells=cells,
        slugs=slugs,
        kinds=kinds,
        scatter=page_data.scatter(entry, album),
        learning=_learning(curves),
        series=curves,
        rates=charts.line_chart(
            "Quality against bytes, a line a codec", rates, "bytes an image, headers included",
            f"{first} [{unit}]" if unit else str(first), log_x=True, marks=True,
        ),
        codecs=rates,
        cheapest=_cheapest(entry),
        notes=_notes(entry),
        provenance=_provenance(entry),
    )  # fmt: skip


def _learning(curves: Sequence[Series]) -> Any:
    best = max(curves, key=lambda s: s.points[-1][1], default=None)
    title = f"Validation PSNR against training compute of {len(curves)} models"
    if best is not None:
        title += f"; {best.name} ends highest, at {best.points[-1][1]:.2f} dB"
    return charts.line_chart(title, curves, "training compute [TFLOP]", "validation PSNR [dB]")


def _cheapest(entry: Entry) -> dict[str, list[tuple[str, str, str]]]:
    """Cost -> (model, its cost, its score) of the models that none betters for less, the cheapest first."""
    first = entry.board.ranked_by
    if first is None:
        return {}
    digits = entry.board.metrics[first]["digits"]
    return {
        COSTS[name].label: [
            (model, f"{row[name] / COSTS[name].unit:,.{COSTS[name].digits}f}", number(row[first], digits))
            for model in models
            for row in [entry.row[model]]
        ]
        for name, models in fronts(entry.board).items()
    }


def _notes(entry: Entry) -> list[tuple[str, str]]:
    """(what, what of it) that a reader of the board must know."""
    found = list(entry.board.unavailable.items())
    for model, result in entry.results.items():
        found += [(model, note) for note in result.content["model"].get("notes", [])]
    return list(dict.fromkeys(found))


def _provenance(entry: Entry) -> dict[str, list[str]]:
    made, devices, components, libraries = provenance([result.content for result in entry.results.values()])
    return {made: devices, "Components from": components, "Libraries": libraries}


def card_page(path: str, card: Card) -> str:
    """A model: what it is, how it was trained, how it fared, where it fails."""
    return page("model.html", path, card=card, lead=lead, losses=_losses, score=_score)


def _score(showing: Showing) -> str:
    first = showing.entry.board.ranked_by
    if first is None:
        return "–"
    facts = showing.entry.board.metrics[first]
    return f"{number(showing.row[first], facts['digits'])} {facts['unit']}".strip()


def _losses(showing: Showing) -> Any:
    lines = [
        Series(kind.replace("_", " "), [(row["epoch"], row[kind]) for row in showing.history])
        for kind in ("train_loss", "validation_loss")
    ]
    degradation = showing.entry.board.setting.degradation
    title = f"Training and validation loss on {degradation}, epoch by epoch"
    return charts.line_chart(title, lines, "epochs", "loss", log_y=True, width=340, height=200)
