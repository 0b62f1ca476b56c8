"""Cards of models: what each is, where it comes from, how it was trained, how it fared on each board."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...contracts.parameters import parameters_of
from ...errors import SpecError
from ...registry.registry import Registry
from ...results import store
from ...results.record import Record
from ...results.store import Result
from .. import plots
from ..view import Row
from .audits import Audit
from .entries import Entry, worst
from .pictures import Album, Strip, Triple


@dataclass(frozen=True)
class About:
    """An installed model's description of itself."""

    description: str
    documentation: str
    """Its file's docstring: the method, and where it was published."""
    module: str
    parameters: list[tuple[str, str, str, str]]
    """(name, value, what it is, legal values)."""
    recipe: dict[str, Any] | None


def about(registry: Registry | None, label: str) -> About | None:
    """Ask a model for its description, if it is installed here and still knows these parameters; else None."""
    if registry is None:
        return None
    try:
        model = registry.resolve("model", label)
    except SpecError:
        return None
    kind = type(model)
    parameters = [
        (name, str(getattr(model, name)), p.help + (f" [{p.unit}]" if p.unit else ""), p.legal)
        for name, p in parameters_of(kind).items()
    ]
    recipe = dataclasses.asdict(model.recipe) if model.recipe else None
    return About(kind.description(), sys.modules[kind.__module__].__doc__ or "", kind.__module__, parameters, recipe)


@dataclass(frozen=True)
class Bad:
    """A test image that a model did badly on."""

    image: str
    score: str
    pictures: Triple | None

    @property
    def position(self) -> int:
        """Its place in the pictures."""
        return self.pictures.ids.index(self.image) if self.pictures else -1


@dataclass(frozen=True)
class Showing:
    """A model on one board."""

    entry: Entry
    row: Row
    result: Result
    album: Album | None
    strip: Strip | None
    worst: list[Bad]
    history: list[dict[str, float]]
    audit: Audit

    @property
    def score(self) -> str:
        """Its score by the metric that ranks, with its unit."""
        column = self.entry.view.ranking
        return f"{self.row.cells[column.key].text} {column.unit}".strip() if column else "–"

    @property
    def data(self) -> str:
        """The data that the model was trained and tested on, in words."""
        setting, data = self.entry.board.setting, self.result.record.data
        images = (
            f"{data.train} train, {data.validation} validation, {data.test} test images" if data else "unknown images"
        )
        return f"{setting.dataset} at {setting.size} px: {images} (fingerprint {setting.fingerprint})"


@dataclass(frozen=True)
class Card:
    """A model on all boards."""

    label: str
    about: About | None
    showings: list[Showing]
    absences: list[tuple[Entry, dict[str, str]]]
    """Boards that could not rank it, with status and reason."""

    @property
    def slug(self) -> str:
        """Its file's stem."""
        return store.slug(self.label)

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
        if self.first.model.role:
            return "reference"
        if self.first.model.trained:
            return "trained"
        return "codec" if self.first.rate else "classical"


def cards(
    entries: Sequence[Entry], albums: Mapping[str, Album], audits: Mapping[str, Audit], registry: Registry | None
) -> list[Card]:
    """A card for each model that is on a board, or was kept from one, in alphabetical order."""
    labels = {model for e in entries for model in e.results} | {f["model"] for e in entries for f in e.board.failures}
    return [_card(label, entries, albums, audits, registry) for label in sorted(labels)]


def _card(
    label: str,
    entries: Sequence[Entry],
    albums: Mapping[str, Album],
    audits: Mapping[str, Audit],
    registry: Registry | None,
) -> Card:
    showings = [
        _showing(entry, label, albums.get(entry.id), audits[entry.id]) for entry in entries if label in entry.results
    ]
    absences = [(entry, failure) for entry in entries for failure in entry.board.failures if failure["model"] == label]
    return Card(label, about(registry, label), showings, absences)


def _showing(entry: Entry, label: str, album: Album | None, audit: Audit) -> Showing:
    result = entry.results[label]
    strip = album.restored.get(label) if album else None
    bad = [
        Bad(image, entry.shown(score), album.triple(label, image) if album else None)
        for image, score in worst(entry, label)
    ]
    return Showing(entry, entry.row[label], result, album, strip, bad, plots.history_of(result), audit)
