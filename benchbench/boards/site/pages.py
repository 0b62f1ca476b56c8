"""Pages: the values that each template is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from .. import plots
from ..rows import GAIN
from ..view import View
from . import charts, page_data
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
    return next((r.record.data.test for r in results if r.record.data), None)


def lead(entry: Entry) -> dict[str, Any] | None:
    """The leader of a board in words: its score, its uncertainty, its gain and who shares its place."""
    row, ranking = entry.view.leader, entry.view.ranking
    if row is None or ranking is None:
        return None
    score, gain = row.cells[ranking.key], row.cells.get(GAIN)
    return {
        "model": row.model,
        "metric": ranking.head,
        "score": f"{score.text} {ranking.unit}".strip(),
        "interval": score.interval,
        "gain": f"{gain.text} {ranking.unit}".strip() if gain and gain.finite else "",
        "peers": entry.view.peers,
        "sees": row.sees,
    }


def board_page(path: str, entry: Entry, album: Album | None, slugs: Mapping[str, str], kinds: Mapping[str, str]) -> str:
    """A board: its table, its faces, its charts, and what could not be ranked and why."""
    histories = plots.histories_of(entry.board)
    curves = [Series(m, [(row["flops"] / 1e12, row["validation_psnr"]) for row in h]) for m, h in histories.items()]
    rates = [Series(codec, points, marks=True) for codec, points in plots.rates_of(entry.board).items()]
    return page(
        "board.html",
        path,
        entry=entry,
        view=entry.view,
        album=album,
        lead=lead(entry),
        slugs=slugs,
        kinds=kinds,
        scatter=page_data.scatter(entry, album),
        learning=_learning(curves),
        series=curves,
        rates=_rates(entry.view, rates),
        codecs=rates,
        cheapest=_cheapest(entry.view),
    )


def _rates(view: View, codecs: Sequence[Series]) -> Markup:
    score = view.ranking
    label = "" if score is None else f"{score.head} [{score.unit}]" if score.unit else score.head
    labels = ("bytes an image, headers included", label)
    return charts.line_chart("Quality against bytes, a line a codec", codecs, labels, log="x")


def _learning(curves: Sequence[Series]) -> Markup:
    best = max(curves, key=lambda s: s.points[-1][1], default=None)
    title = f"Validation PSNR against training compute of {len(curves)} models"
    if best is not None:
        title += f"; {best.name} ends highest, at {best.points[-1][1]:.2f} dB"
    return charts.line_chart(title, curves, ("training compute [TFLOP]", "validation PSNR [dB]"))


def _cheapest(view: View) -> dict[str, list[tuple[str, str, str]]]:
    """Cost -> (model, its cost, its score) of the models that none betters for less, the cheapest first."""
    columns, rows = view.cheapest
    found = {}
    for cost in columns[1:]:
        front = sorted((row.cells[cost.key].value or 0.0, row.model, row) for row in rows if row.cells[cost.key].best)
        found[cost.head] = [(m, row.cells[cost.key].text, row.cells[columns[0].key].text) for _, m, row in front]
    return found


def card_page(path: str, card: Card) -> str:
    """A model: what it is, how it was trained, how it fared, where it fails."""
    return page("model.html", path, card=card, lead=lead, losses=_losses)


def _losses(showing: Showing) -> Markup:
    lines = [
        Series(kind.replace("_", " "), [(row["epoch"], row[kind]) for row in showing.history])
        for kind in ("train_loss", "validation_loss")
    ]
    degradation = showing.entry.board.setting.degradation
    title = f"Training and validation loss on {degradation}, epoch by epoch"
    return charts.line_chart(title, lines, ("epochs", "loss"), log="y", size=(340, 200))
