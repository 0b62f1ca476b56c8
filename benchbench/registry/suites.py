"""Suites: sets of runs, such as a study, in TOML files.

title = "Unswirl"                     # text for people
dataset = ["faces"]                   # specs; the command line's options take precedence
size = 128
budget = "quick"
tune = true                           # learning rates, as --tune does; false, if left out
metric = ["psnr", "ssim"]             # all, if left out
seed = [0]

[[grid]]                              # one or more grids: every model on every degradation of the same grid
degrade = ["swirl"]
model = ["identity", "oracle", "swirl-unet", "swirl-unet:mask=false"]
budget = "5TFLOP"                     # of this grid alone
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from ..errors import SpecError, did_you_mean
from ..files import read_toml
from .registry import Registry


@dataclass(frozen=True)
class Grid:
    """Every model on every degradation, as specs."""

    degradation: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    budget: str = ""
    """Of its trainings; "" for that of the request."""


@dataclass(frozen=True)
class Suite:
    """The content of a suite file; what it leaves out keeps the command line's default."""

    grids: tuple[Grid, ...]
    options: Mapping[str, Any]
    """Any of dataset, size, metric, budget, tune and seed."""


_OPTIONS: dict[str, Any] = {
    "dataset": list[str], "size": int, "metric": list[str], "budget": str, "tune": bool, "seed": list[int]
}  # fmt: skip
_OF_GRIDS = ("degrade", "model", "budget")


def load(registry: Registry, name: str) -> Suite:
    """Load a suite by its name or its file. Raises SpecError if it is unknown, unreadable or malformed."""
    path = Path(name) if name.endswith(".toml") else registry.brought["suite"].get(name)
    if path is None:
        raise SpecError(f"unknown suite '{name}': {did_you_mean(name, registry.brought['suite'])}")
    try:
        content = read_toml(path)
    except (OSError, ValueError) as error:
        raise SpecError(f"suite {path} cannot be read: {error}") from error
    grids = content.pop("grid", [])
    content.pop("title", None)
    for key, value in content.items():
        if key not in _OPTIONS:
            raise SpecError(f"suite {path}: unknown key '{key}': {did_you_mean(key, [*_OPTIONS, 'title', 'grid'])}")
        try:
            msgspec.convert(value, _OPTIONS[key])
        except msgspec.ValidationError as error:
            raise SpecError(f"suite {path}: {key}: {error}") from error
    if not isinstance(grids, list) or not all(isinstance(grid, dict) for grid in grids):
        raise SpecError(f"suite {path}: write [[grid]], not [grid]")
    if not grids:
        raise SpecError(f"suite {path} has no [[grid]]")
    for key, value in (item for grid in grids for item in grid.items()):
        if key not in _OF_GRIDS:
            raise SpecError(f"suite {path}: unknown key '{key}' in a grid: {did_you_mean(key, _OF_GRIDS)}")
        if key == "budget" and not isinstance(value, str):
            raise SpecError(f"suite {path}: budget must be a str")
        if key != "budget" and not (isinstance(value, list) and all(isinstance(spec, str) for spec in value)):
            raise SpecError(f'suite {path}: {key} must be a list of specs, such as {key} = ["all"]')
    return Suite(tuple(map(_grid, grids)), content)


def _grid(given: Mapping[str, Any]) -> Grid:
    return Grid(tuple(given.get("degrade", ())), tuple(given.get("model", ())), given.get("budget", ""))
