"""The pages of the site, each rendered from its template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from ...contracts.model import REFERENCES
from .. import plots
from ..agreement import MEANING, across
from ..overall import overall
from ..plots import Curves
from . import charts, faces, page_data, rungs
from .cards import Card, Showing
from .entries import Entry, leagues
from .matrix import matrix
from .pictures import Album
from .render import page


def front_page(
    placed: Sequence[Entry], albums: Mapping[str, Album], kinds: Mapping[str, str], descriptions: Mapping[str, str]
) -> str:
    """Render the front page: who leads on each degradation and over all, and the matrix of models and degradations.

    `descriptions` are those of the degradations.
    """
    compared = overall([entry.board for entry in placed])
    together = {found.league: found for found in reversed(compared)}  # of several metrics, the first
    parts = []
    for league, members in leagues(placed).items():
        results = [result for entry in members for result in entry.board.first_results.values()]
        images = next((r.record.data.test for r in results if r.record.data), None)
        best = together.get(league)
        facts = {"league": league, "entries": members, "overall": best, "images": images}
        degraded = [entry for entry in members if not entry.board.compression]
        parts.append(facts | {"degraded": degraded, "matrix": matrix(degraded, best)})
    return page(
        "index.html",
        "index.html",
        leagues=parts,
        examples={e.id: model for e in placed if (a := albums.get(e.id)) and (model := faces.example(e, a))},
        albums=albums,
        descriptions=descriptions,
        **_counts(placed),
        kinds=kinds,
        shared=across([entry.board for entry in placed]),
        meaning=MEANING,
    )


def _counts(placed: Sequence[Entry]) -> dict[str, int]:
    """Count models that restore, references left out, what they restore, and codecs; a codec's settings are one."""
    degraded = [entry.board for entry in placed if not entry.board.compression]
    trials = [r.record.trial for b in degraded for r in b.scored if r.record.model.role not in REFERENCES]
    compared = (entry.board.compression for entry in placed)
    return {
        "models": len({trial.codec or trial.model for trial in trials}),
        "degradations": len({board.setting.degradation for board in degraded}),
        "codecs": len({curve.codec for found in compared if found for curve in found.curves}),
    }


def board_page(path: str, entry: Entry, album: Album | None, kinds: Mapping[str, str], description: str = "") -> str:
    """Render a board: its table, faces and charts, and what could not be ranked and why.

    `description` is that of the degradation.
    """
    curves, compression = plots.learning_of(entry.board), entry.board.compression
    plane = plots.plane_curves_of(entry.board)
    equal = faces.at_equal_bytes(compression, album) if compression and album else []
    return page(
        "board.html",
        path,
        entry=entry,
        view=entry.view,
        album=album,
        kinds=kinds,
        rungs=rungs.at_each(entry, "../" * path.count("/")),
        elsewhere=rungs.elsewhere(entry),
        scatter=page_data.scatter(entry, album, faces.rivals(equal)),
        climbs=charts.line_chart("Score at each rung of training", climbs := plots.climbs_of(entry.board)),
        climbing=climbs.lines,
        learning=_learning(curves),
        series=curves.lines,
        rates=_rates(entry),
        equal=equal,
        description=description,
        under=faces.scores_under(entry, album) if album else {},
        failures=faces.failures(entry, album) if album and not compression else [],
        most_failures=faces.FAILURES,
        plane=charts.line_chart("Perception against distortion, a point per model", plane),
        placed=plane.lines,
    )


def _rates(entry: Entry) -> list[tuple[Markup, list[str]]]:
    """Draw quality against bytes, a chart per metric by which codecs are compared, with the names of its lines."""
    found = entry.board.compression
    curves = {metric: plots.rates_of(entry.board, metric) for metric in (found.metrics if found else ())}
    title = "Quality by {} against bits per pixel, a line per codec"
    return [(charts.line_chart(title.format(metric), c), list(c.lines)) for metric, c in curves.items()]


def _learning(curves: Curves) -> Markup:
    ends = {name: points[-1][1] for name, points in curves.lines.items()}
    title = f"Validation PSNR against training compute of {len(ends)} models"
    if ends:
        best = max(ends, key=lambda name: ends[name])
        title += f"; {best} ends highest, at {ends[best]:.2f} dB"
    return charts.line_chart(title, curves)


def card_page(path: str, card: Card) -> str:
    """Render a model's card: what it is, how it was trained, its results, its worst images."""
    return page("model.html", path, card=card, losses=_losses)


def _losses(showing: Showing) -> Markup:
    title = f"Training and validation loss on {showing.entry.board.setting.degradation}, epoch by epoch"
    return charts.line_chart(title, plots.losses_of(showing.history), size=(340, 200))
