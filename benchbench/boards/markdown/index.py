"""The front page of a folder of boards: one line a board."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

from ...files import write_atomically
from ...registry.validation import OVERALL
from ..agreement import MEANING, Across, across
from ..board import Board
from ..estimates import LEVEL_TEXT
from ..published import PAGE
from ..rows import GAIN, may_lead
from ..text import escape, table, training_name
from ..view import view_of

INDEX = "README.md"
AGREE = (
    f"Kendall's τ between the orders of the models that compete, on two data sets: {MEANING}. "
    f"The {LEVEL_TEXT} interval is over models."
)


def write_index(boards: Sequence[Board], folder: Path) -> Path:
    """Write `README.md` with a table for each data set: its boards, the best model of each, and what it gained."""
    made = "Made from stored results by `benchbench leaderboard build`; nothing here is edited by hand."
    parts = ["# Leaderboards", made]
    if (folder / PAGE).is_file():
        parts.append(f"[Published figures]({PAGE}) that cannot be ranked with these stand on a page of their own.")
    for dataset, group in groupby(boards, key=lambda b: b.setting.dataset):
        members = list(group)
        slug = members[0].setting.file[0]
        parts.append(f"## {escape(dataset)}")
        if (folder / slug / f"{OVERALL}.md").is_file():
            parts.append(f"[All degradations together]({quote(slug)}/{OVERALL}.md)")
        parts.append(table([_row(board) for board in members], "degradation", "training", "best"))
    if shared := across(boards):
        parts += ["## How far the data sets agree", AGREE, table([_shared(pair) for pair in shared], "degradation")]
    forecasts = [found for board in boards if (found := board.forecast)]
    if checked := sum(found.checked for found in forecasts):
        held = sum(found.held for found in forecasts)
        parts.append(
            f"Forecasts: fitted without the last rung, the {LEVEL_TEXT} intervals held its score in {held} of "
            f"{checked} cases."
        )
    write_atomically(folder / INDEX, "\n\n".join(parts) + "\n")
    return folder / INDEX


def _row(board: Board) -> dict[str, str]:
    """A board with its best competing model, how many others may be it, and that model's score and gain."""
    s, view = board.setting, view_of(board)
    link = f"[{escape(s.degradation)}]({quote(s.file[0])}/{quote(s.file[1])}.md)"
    line = {"degradation": link, "size": f"{s.size} px", "training": training_name(s.training, s.rung)}
    if codecs := board.compression:
        fewest = codecs.best
        score = f"{fewest.against[codecs.metrics[0]].text} bytes against {codecs.anchor}" if fewest else "–"
        codec = escape(fewest.codec) if fewest else "–"
        return line | {"best": codec, "score": escape(score), "gain": "–", "models": f"{len(codecs.curves)} codecs"}
    competing = [row for row in view.rows if not row.reference]
    if not competing or view.ranking is None:
        return line | {"best": "–", "score": "–", "gain": "–", "models": str(len(view.rows))}
    best = competing[0]
    equals = int(may_lead(board.rows).sum()) - 1
    gain = best.cells.get(GAIN)
    return line | {
        "best": escape(best.model) + (f" and {equals} more" if equals else ""),
        "score": f"{escape(view.ranking.head)} {escape(view.score(best))}",
        "gain": gain.full if gain and gain.value is not None else "–",
        "models": str(len(view.rows)),
    }


def _shared(pair: Across) -> dict[str, str]:
    s = pair.setting
    return {
        "degradation": escape(s.degradation),
        "data sets": escape(f"{s.dataset}, {pair.other}"),
        "size": f"{s.size} px",
        "training": training_name(s.training, s.rung),
        "by": pair.metric,
        "τ": pair.agreement.text,
        "models": str(pair.agreement.models),
    }
