"""What a file of entrants says: a package or the file of a plugin, and which of its models are to be ranked."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import SpecError, did_you_mean
from ..files import read_toml

KEYS = ("package", "plugin", "model")
NAME = re.compile(r"[a-z][a-z0-9-]{0,40}")
PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,80}==[A-Za-z0-9.!+]{1,40}")  # no address, no option of pip
MODEL = re.compile(r"[a-z][A-Za-z0-9:=.,_+-]{0,200}")
LARGEST = 1_000_000
"""Bytes of a plugin's file."""


@dataclass(frozen=True)
class Entrant:
    """One entry of the file.

    >>> Entrant("sharpen", ("unsharp-more",), package="benchbench-sharpen==1.0").origin
    'benchbench-sharpen==1.0'
    """

    name: str
    model: tuple[str, ...]
    """Specs."""
    package: str = ""
    """`NAME==VERSION`, as pip takes it; or else `plugin`."""
    plugin: str = ""
    """The name of a file beside the file of entrants."""
    source: bytes = b""
    """What that file holds."""

    @property
    def origin(self) -> str:
        """Where its code comes from."""
        return self.package or self.plugin


def read(path: Path) -> list[Entrant]:
    """Read a file of entrants, whose writer nobody trusts. Raises SpecError for what is no entry."""
    try:
        content = read_toml(path)
    except (OSError, ValueError) as error:
        raise SpecError(f"{path} cannot be read: {error}") from error
    return [_entrant(path, name, entry) for name, entry in content.items()]


def chosen(path: Path, before: Path | None, names: Collection[str]) -> list[Entrant]:
    """Return the entrants of these names, or all; of these, only what is new or was changed since `before`.

    Raises SpecError.
    """
    known = {entrant.name: entrant for entrant in read(path)}
    for name in names:
        if name not in known:
            raise SpecError(f"there is no entrant '{name}' in {path}: {did_you_mean(name, known)}")
    old = read(before) if before else []
    return [entrant for name, entrant in known.items() if name in (names or known) and entrant not in old]


def _entrant(path: Path, name: str, entry: Any) -> Entrant:
    where = f"{path}: [{name[:60]}]"
    if not NAME.fullmatch(name):
        raise SpecError(f"{where}: a name has small letters, digits and hyphens")
    strange = sorted(entry.keys() - set(KEYS)) if isinstance(entry, dict) else [str(entry)[:60]]
    if strange:
        raise SpecError(f"{where}: an entry is a table of {', '.join(KEYS)}, not '{strange[0]}'")
    models, package, plugin = entry.get("model"), entry.get("package", ""), entry.get("plugin", "")
    if not isinstance(models, list) or not models or not all(_matches(MODEL, model) for model in models):
        raise SpecError(f'{where}: model must be a list of specs, such as model = ["my-model:width=16"]')
    if bool(package) == bool(plugin):
        raise SpecError(f"{where}: give a package or a plugin, and not both")
    if package and not _matches(PACKAGE, package):
        raise SpecError(f"{where}: package must be a name and a version, such as my-package==1.0")
    return Entrant(name, tuple(models), package, plugin, _source(path.parent, plugin, where) if plugin else b"")


def _matches(pattern: re.Pattern[str], text: object) -> bool:
    return isinstance(text, str) and bool(pattern.fullmatch(text))


def _source(folder: Path, plugin: object, where: str) -> bytes:
    """Read the file of a plugin. Raises SpecError unless it is a small file of its own in the folder."""
    if not (isinstance(plugin, str) and re.fullmatch(r"[A-Za-z]\w{0,60}\.py", plugin)):
        raise SpecError(f"{where}: plugin must be a file beside the file of entrants, such as my_model.py")
    path = folder / plugin
    if path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST:
        raise SpecError(f"{where}: {path} is no file of at most {LARGEST:,} bytes")
    return path.read_bytes()
