"""Templates to HTML; all text from plugins and files is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from ... import __version__
from ...contracts.model import BASELINE, IDEAL
from ...contracts.rungs import factor_text
from ...results.layout import slug
from ..columns import GROUPS, Column
from ..estimates import LEVEL_TEXT
from ..notes import Note
from ..text import duration, number, training_name
from . import charts

ARXIV = re.compile(r"(arXiv:?\s*)(\d{4}\.\d{4,5})")


@cache
def environment() -> Environment:
    """The site's templates with their filters."""
    found = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {"number": number, "training": training_name, "factor": factor_text, "linked": linked,
                      "kinds_of": kinds_of, "emphasised": emphasised, "slug": slug, "duration": _duration,
                      "breakable": breakable}  # fmt: skip
    found.globals |= {"version": __version__, "style": charts.style, "groups": groups, "heat": heat_stops(),
                      "level": LEVEL_TEXT, "BASELINE": BASELINE, "IDEAL": IDEAL}  # fmt: skip
    return found


def page(template: str, path: str, **values: object) -> str:
    """Render a page that will lie at `path` below the site's root."""
    root = "../" * path.count("/")
    return environment().get_template(template).render(root=root, path=path, **values)


def linked(text: str) -> Markup:
    """Text with its arXiv numbers as links."""
    return Markup(ARXIV.sub(r'\1<a href="https://arxiv.org/abs/\2">\2</a>', str(escape(text))))


def breakable(label: str) -> Markup:
    """Let a model's label break after a colon or a comma, where a narrow column breaks it at all."""
    return Markup(re.sub("([:,])", r"\1<wbr>", str(escape(label))))


def emphasised(note: Note) -> Markup:
    """Emphasise in a note the head of the column that it explains."""
    text, head = escape(note.text), escape(note.head)
    return text.replace(head, Markup("<em>{}</em>").format(head), 1) if head else text


def _duration(seconds: float | None) -> str:
    return "–" if seconds is None else duration(seconds)


def groups(columns: Iterable[Column]) -> dict[str, str]:
    """The groups that these columns belong to, with their names."""
    present = {column.group for column in columns}
    return {key: words for key, words in GROUPS.items() if key in present}


def kinds_of(models: Iterable[str], kinds: Mapping[str, str]) -> list[str]:
    """The kinds that these models are of."""
    return sorted({kinds[model] for model in models})


def heat_stops(count: int = 9) -> dict[str, list[str]]:
    """The colours of error maps, dark to bright: as CSS colours, and each channel as numbers for an SVG filter."""
    from matplotlib import colormaps

    colours = [colormaps["inferno"](step / (count - 1))[:3] for step in range(count)]
    css = ["#" + "".join(f"{round(255 * part):02x}" for part in colour) for colour in colours]
    return {"css": css} | {
        name: [f"{colour[channel]:.3f}" for colour in colours] for channel, name in enumerate(("red", "green", "blue"))
    }
