"""Cards of models: what each is, where it comes from, how it was trained, its results on each board."""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...contracts.applying import Composite
from ...contracts.model import BASELINE, IDEAL, OPEN
from ...contracts.parameters import parameters_of
from ...errors import SpecError
from ...registry.registry import Registry
from ...results.record import Record
from ...results.store import Result
from .. import plots
from ..board import Board
from ..text import number
from ..view import Row
from .audits import Audit, groups
from .entries import Entry
from .pictures import Album


def about(registry: Registry | None, label: str) -> dict[str, Any] | None:
    """Describe a model that is installed here and knows these parameters: its file's docstring, recipe, parameters."""
    if registry is None:
        return None
    try:
        model = registry.resolve("model", label)
    except SpecError:
        return None
    kind = type(model)
    return {
        "description": kind.description(),
        "documentation": sys.modules[kind.__module__].__doc__ or "",
        "module": kind.__module__,
        "parameters": [
            (name, str(getattr(model, name)), p.help + (f" [{p.unit}]" if p.unit else ""), p.legal)
            for name, p in parameters_of(kind).items()
        ],
        "recipe": dataclasses.asdict(model.recipe) if model.recipe else None,
    }


def described(registry: Registry | None, degradation: str) -> str:
    """Describe a degradation that is installed here, in a line; "" for others, and for chains of several."""
    try:
        kind = None if registry is None else type(registry.resolve("degradation", degradation))
    except SpecError:
        return ""
    return "" if kind is None or issubclass(kind, Composite) else kind.description()


@dataclass(frozen=True)
class Showing:
    """A model on one board."""

    entry: Entry
    row: Row
    result: Result
    album: Album | None
    worst: list[dict[str, Any]]
    """Its worst test images, worst first: image, score, pictures."""
    history: list[dict[str, float]]
    audit: Audit

    @property
    def data(self) -> str:
        """The data that the model was trained and tested on, in words."""
        setting, images = self.entry.board.setting, self.entry.view.images or "unknown images"
        return f"{setting.dataset} at {setting.size} px: {images} (fingerprint {setting.fingerprint})"


@dataclass(frozen=True)
class Card:
    """A model on all boards."""

    label: str
    about: dict[str, Any] | None
    showings: list[Showing]
    absences: list[tuple[Entry, dict[str, str]]]
    """Boards without a score of it, with status and reason."""

    @property
    def unaudited(self) -> list[str]:
        """Why scores by group are missing."""
        without = [s.audit for s in self.showings if not s.audit.divisions.get(self.label)]
        return sorted({a.reason or f"too few images of any two groups: {', '.join(a.too_few)}" for a in without})

    @property
    def first(self) -> Record | None:
        """A record to take the model's own facts from."""
        return self.showings[0].result.record if self.showings else None

    @property
    def kind(self) -> str:
        """The sort of model, for filters."""
        if self.first is None:
            return "unranked"
        if self.first.model.role == OPEN:
            return OPEN
        if self.first.model.role in (BASELINE, IDEAL):
            return "reference"
        if self.first.model.trained:
            return "trained"
        return "codec" if self.first.rate else "classical"


def cards(entries: Sequence[Entry], albums: Mapping[str, Album], registry: Registry | None) -> list[Card]:
    """Make a card per model that has a result, failed ones included, in alphabetical order, numbers by their size."""
    audits = {entry.id: groups(entry.board) for entry in entries}
    showings: dict[str, list[Showing]] = {}
    absences: dict[str, list[tuple[Entry, dict[str, str]]]] = {}
    for entry in entries:
        album = albums.get(entry.id)
        for label, result in entry.board.first_results.items():
            facts = _worst(entry.board, label, album), plots.history_of(result), audits[entry.id]
            showings.setdefault(label, []).append(Showing(entry, entry.row[label], result, album, *facts))
        for failure in entry.view.absences:
            absences.setdefault(failure["model"], []).append((entry, failure))
    return [
        Card(label, about(registry, label), showings.get(label, []), absences.get(label, []))
        for label in sorted(showings.keys() | absences.keys(), key=_by_numbers)
    ]


def _by_numbers(label: str) -> tuple[list[str | float], str]:
    """Split a label into texts and numbers, in turn, to sort by; and by itself where these are equal."""
    parts = re.split(r"(\d+(?:\.\d+)?)", label)
    return [float(part) if number % 2 else part for number, part in enumerate(parts)], label


def _worst(board: Board, model: str, album: Album | None, count: int = 4) -> list[dict[str, Any]]:
    """See `Showing.worst`."""
    first, scores = board.ranked_by, board.first_results[model].scores
    if first is None or first not in scores:
        return []
    facts = board.metrics[first]
    ordered = scores[first].dropna().sort_values(ascending=facts.higher_is_better, kind="stable")
    return [
        {"image": str(image), "score": f"{number(float(score), facts.digits)} {facts.unit}".strip(),
         "pictures": album.triple(model, str(image)) if album else None}
        for image, score in ordered.head(count).items()
    ]  # fmt: skip
