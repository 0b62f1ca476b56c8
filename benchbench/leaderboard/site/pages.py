"""The pages: what each template is given."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from .. import plots
from ..text import number
from . import charts, data, tables
from .cards import Card, Showing
from .charts import Series
from .entries import Entry, League
from .pictures import Album
from .render import page


def front_page(
    path: str,
    leagues: Mapping[League, Sequence[Entry]],
    albums: Mapping[str, Album],
    slugs: Mapping[str, str],
    kinds: Mapping[str, str],
) -> str:
    """Who leads on each degradation, and all models against all degradations."""
    facts = {
        "models": len(slugs),
        "degradations": len({e.board.setting.degradation for members in leagues.values() for e in members}),
        "leagues": [
            {"league": league, "entries": members, "matrix": matrix(members), "images": _test_images(members)}
            for league, members in leagues.items()
        ],
    }
    return page("index.html", path, albums=albums, slugs=slugs, kinds=kinds, leads=lead, **facts)


def _test_images(members: Sequence[Entry]) -> int | None:
    results = [result for entry in members for result in entry.results.values()]
    return next((r.content["data"]["test"] for r in results if "data" in r.content), None)


def lead(entry: Entry) -> dict[str, Any] | None:
    """The leader of a board in words: its score, its uncertainty, its gain and who shares its place."""
    row, first = entry.leader, entry.board.ranked_by
    if row is None or first is None:
        return None
    facts = entry.board.metrics[first]
    column = tables.Column(first, first, "main", facts["unit"], facts["higher_is_better"], facts["digits"])
    gain = row.get("gain", math.nan)
    return {
        "model": row["model"],
        "metric": first,
        "score": f"{number(row[first], facts['digits'])} {facts['unit']}".strip(),
        "margin": tables.margin(row, column),
        "gain": f"{gain:+.{facts['digits']}f} {facts['unit']}".strip() if math.isfinite(gain) else "",
        "peers": entry.peers,
        "sees": row["sees"],
    }


def matrix(members: Sequence[Entry]) -> list[tuple[str, list[dict[str, Any] | None]]]:
    """(model, a cell for each board) for each model, the best on average first."""
    by_entry = [_matrix_cells(entry) for entry in members]
    models = {model for cells in by_entry for model in cells}
    table = {model: [cells.get(model) for cells in by_entry] for model in models}

    def place(model: str) -> tuple[float, str]:
        return fmean(1.0 if cell is None else cell["place"] for cell in table[model]), model

    return [(model, table[model]) for model in sorted(models, key=place)]


def _matrix_cells(entry: Entry) -> dict[str, dict[str, Any]]:
    first = entry.board.ranked_by
    if first is None:
        return {}
    shown = {column.key: tables.cells(entry.board, column) for column in tables.columns(entry.board)}
    sign = 1 if entry.board.better(first) else -1
    gains = [c.value * sign if c.value is not None else 0.0 for c in shown["gain"]] if "gain" in shown else []
    most = max([g for g in gains if abs(g) < 1e300], default=0.0)
    found: dict[str, dict[str, Any]] = {}
    for position, row in enumerate(entry.rows):
        share = gains[position] / most if gains and most > 0 else 0.0
        found[row["model"]] = {
            "score": shown[first][position],
            "gain": shown["gain"][position] if gains else None,
            "rank": row["rank"],
            "place": (position + 1) / len(entry.rows),
            "heat": round(max(-4.0, min(4.0, 4 * share))),
            "role": row["role"],
        }
    return found


def board_page(path: str, entry: Entry, album: Album | None, slugs: Mapping[str, str], kinds: Mapping[str, str]) -> str:
    """A board: its table, its faces, its charts, and what could not be ranked and why."""
    shown = tables.columns(entry.board)
    cells = {column.key: tables.cells(entry.board, column) for column in shown}
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
        scatter=data.scatter(entry, album),
        learning=_learning(curves),
        series=curves,
        rates=charts.line_chart(
            "Quality against bytes, a line a codec", rates, "bytes an image, headers included",
            f"{first} [{unit}]" if unit else str(first), log_x=True, marks=True,
        ),
        codecs=rates,
        notes=_notes(entry),
        provenance=_provenance(entry),
    )  # fmt: skip


def _learning(curves: Sequence[Series]) -> Any:
    best = max(curves, key=lambda s: s.points[-1][1], default=None)
    title = f"Validation PSNR against training compute of {len(curves)} models"
    if best is not None:
        title += f"; {best.name} ends highest, at {best.points[-1][1]:.2f} dB"
    return charts.line_chart(title, curves, "training compute [TFLOP]", "validation PSNR [dB]")


def _notes(entry: Entry) -> list[tuple[str, str]]:
    """(what, what of it) that a reader of the board must know."""
    found = list(entry.board.unavailable.items())
    for model, result in entry.results.items():
        found += [(model, note) for note in result.content["model"].get("notes", [])]
    return list(dict.fromkeys(found))


def _provenance(entry: Entry) -> dict[str, list[str]]:
    contents = [result.content for result in entry.results.values()]
    trained = [c for c in contents if c.get("training")] or contents
    return {
        "Trained on": sorted({f"{c['timing']['device_name']} ({c['timing']['training_precision']})" for c in trained}),
        "Components from": sorted(
            {f"{o['distribution']} {o['version']}" for c in contents for os in c["origin"].values() for o in os}
        ),
        "Libraries": sorted({f"{k} {v}" for c in contents for k, v in c["environment"]["libraries"].items()}),
    }


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
