"""The whole site: pages, pictures and static files; files of an older site are removed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path

from ...errors import BenchbenchError
from ...files import write_atomically
from ...registry.registry import Registry
from ...results.layout import slug
from ..board import Board
from . import cards, eyes, page_data
from .entries import Entry, entries
from .pages import board_page, card_page, front_page
from .pictures import Album, album
from .render import page

Page = tuple[str, str | bytes]
"""Its path below the root, and its content."""
MANIFEST = ".benchbench-site"
"""Lists every file of the site, so that the next one can remove what is no longer in it, and nothing else."""


def write_site(boards: Sequence[Board], folder: Path, registry: Registry | None = None) -> Path:
    """Write the boards as a site; returns its front page. The same boards and plugins give the same bytes.

    The registry describes the models on their cards. Raises BenchbenchError for a folder that holds anything but a
    site.
    """
    old = _known(folder)
    placed = entries(boards)
    albums = {entry.id: found for entry in placed if (found := album(folder, entry.board))}
    written = set[str]()
    static = [(f"static/{file.name}", file.read_bytes()) for file in (files(__package__) / "static").iterdir()]
    for path, content in itertools.chain(_pages(placed, albums, registry), static, [(".nojekyll", b"")]):
        write_atomically(folder / path, content)
        written.add(path)
    written |= {file for found in albums.values() for file in found.files}
    for path in old - written:
        (folder / path).unlink(missing_ok=True)
    write_atomically(folder / MANIFEST, "".join(f"{path}\n" for path in sorted(written)))
    return folder / "index.html"


def _known(folder: Path) -> set[str]:
    """List the files of the site that is in the folder already."""
    if not folder.is_dir() or not any(folder.iterdir()):
        return set()
    if not (folder / MANIFEST).is_file():
        raise BenchbenchError(f"{folder} holds files that are no site of benchbench; name a new folder with --out")
    lines = (folder / MANIFEST).read_text(encoding="utf-8").splitlines()
    home = folder.resolve()
    return {line for line in lines if (folder / line).resolve().is_relative_to(home)}


def _pages(placed: Sequence[Entry], albums: dict[str, Album], registry: Registry | None) -> Iterator[Page]:
    known = cards.cards(placed, albums, registry)
    kinds = {card.label: card.kind for card in known}
    words = {d: cards.described(registry, d) for d in {entry.board.setting.degradation for entry in placed}}
    yield "index.html", front_page(placed, albums, kinds, words)
    yield "models.html", page("models.html", "models.html", cards=known)
    yield "gallery.html", page("gallery.html", "gallery.html", data=page_data.gallery(placed, albums))
    yield "eyes.html", page("eyes.html", "eyes.html", data=eyes.data(placed, albums))
    for entry in placed:
        path = f"boards/{entry.id}.html"
        yield path, board_page(path, entry, albums.get(entry.id), kinds, words[entry.board.setting.degradation])
    for card in known:
        path = f"models/{slug(card.label)}.html"
        yield path, card_page(path, card)
