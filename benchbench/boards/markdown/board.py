"""One board as Markdown: its picture, tables, notes, plots and provenance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from ..columns import GROUPS, Column
from ..eyes import Eyes
from ..notes import Note
from ..plots import PLOTS
from ..rows import GAP, REGIONS
from ..text import escape, table
from ..view import Row, View

PICTURE = "what the models made of the first test images"


def section(view: View, pictures: Mapping[str, str]) -> str:
    """Write a board as a section; `pictures` are kind -> name of a file beside it."""
    parts = [_heading(view)]
    drawn = {kind: _image(kind, name) for kind, name in pictures.items()}
    parts += [drawn.pop("picture", "")]
    if compression := view.board.compression:
        parts += [f"### Codecs\n\n{_told(compression.table, 'codec')}"]
        parts += [drawn.pop("rate", "")]
    main = view.of("main", "cost")
    parts += [_scores(view, "main", main) if main else "No model was scored."]
    parts += [_scores(view, group, view.of(group)) for group in GROUPS if group not in ("main", "cost")]
    parts += [_course(view, drawn.pop("curve", "")), _cheapest(view), _plane(view, drawn.pop("plane", ""))]
    parts += [_eyes(view.eyes), _notes(view)]
    parts += drawn.values()
    parts += [_provenance(view)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _image(kind: str, file: str) -> str:
    words = PICTURE if kind == "picture" else PLOTS[kind].words
    return f"![{words}]({quote(file)})"


def _heading(view: View) -> str:
    s = view.board.setting
    facts = [f"Protocol {s.protocol}", view.images, view.seeds, f"data `{s.fingerprint}`"]
    facts += [f"test images `{s.test_set}`"] if s.test_set else []
    return f"## {s.league.title}\n\n{' · '.join(filter(None, facts))}"


def _scores(view: View, group: str, columns: Sequence[Column]) -> str:
    """The table of a group; only the whole image has ranks."""
    if not columns:
        return ""
    words = GROUPS[group]
    coverage = f" ({view.coverage[group]})" if group in view.coverage else ""
    rows = _rows(columns, view.rows)
    if group not in REGIONS:
        ranks = ({"#": row.ranks} for row in view.rows)
        rows = [rank | row for rank, row in zip(ranks, rows, strict=True)]
    return f"### {words[0].upper() + words[1:]}{coverage}\n\n{table(rows, '#', 'model')}"


def _rows(columns: Sequence[Column], rows: Sequence[Row]) -> list[dict[str, str]]:
    """The models' names and their cells, the bests in bold."""
    heads = [(escape(c.head), c.arrow, c.unit and f"[{escape(c.unit)}]") for c in columns]
    texts = [[f"**{cell.full}**" if (cell := row.cells[c.key]).best else cell.full for c in columns] for row in rows]
    return [
        {"model": escape(row.label)} | {" ".join(filter(None, h)): text for h, text in zip(heads, line, strict=True)}
        for row, line in zip(rows, texts, strict=True)
    ]


def _course(view: View, picture: str) -> str:
    columns, rows = view.course
    if not rows or view.ranking is None:
        return ""
    gap = "; gap: to the leader, along log compute" if any(column.key == GAP for column in columns) else ""
    words = f"Mean {escape(view.ranking.quantity)} after so much training{gap}."
    told = "\n".join(f"- {escape(sentence)}" for sentence in view.story)
    return "\n\n".join(
        filter(None, ["### Score against compute", words, table(_rows(columns, rows), "model"), told, picture])
    )


def _cheapest(view: View) -> str:
    columns, rows = view.cheapest
    if not rows:
        return ""
    return f"### Best for its cost\n\nBold: no model is as good for less.\n\n{table(_rows(columns, rows), 'model')}"


def _plane(view: View, picture: str) -> str:
    if view.plane is None:
        return ""
    return "\n\n".join(filter(None, ["### Perception against distortion", escape(view.plane.story), picture]))


def _eyes(eyes: Eyes | None) -> str:
    if eyes is None:
        return ""
    parts = ["### People’s eyes", escape(eyes.story), _told(eyes.table, "model")]
    parts += [escape(eyes.how_agreed), _told(eyes.agreement_table, "metric")] if eyes.agreement_table else []
    return "\n\n".join(parts)


def _told(rows: Sequence[Mapping[str, str]], left: str) -> str:
    """A table of text that is not yet escaped."""
    return table([{escape(head): escape(text) for head, text in row.items()} for row in rows], left)


def _notes(view: View) -> str:
    lines = [_note(note) for note in (*view.how_ranked, *view.notes)]
    for row in view.absences:
        log = f" (log: {escape(row['log'])})" if row["log"] else ""
        lines.append(f"**{escape(row['model'])}** {row['status']}: {escape(row['reason'])}{log}")
    return "\n".join(f"- {line}" for line in dict.fromkeys(lines))


def _note(note: Note) -> str:
    text = escape(note.text)
    if note.head:
        text = text.replace(note.head, f"*{note.head}*", 1)
    return f"{escape(note.about)}: {text}" if note.about else text


def _provenance(view: View) -> str:
    facts = [f"{words} {escape(', '.join(values))}." for words, values in view.provenance.items()]
    return f"<sub>{' '.join(facts)}</sub>" if facts else ""
