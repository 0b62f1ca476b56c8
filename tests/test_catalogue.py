"""The catalogue shows everything that is registered, and what could not be."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import toys

from benchbench import catalogue
from benchbench.plugins import KINDS


def test_every_component_is_listed_with_its_parameters_and_plugin() -> None:
    registry = toys.registry()
    entries = catalogue.components(registry)
    assert [(e["kind"], e["name"]) for e in entries] == [(kind, name) for kind in KINDS for name in registry.of(kind)]
    darken = next(e for e in entries if e["name"] == "darken")
    assert darken["description"] == "Multiply each image by its own factor"
    assert darken["plugin"] == "test.toys"
    assert [line.partition("=")[0] for line in darken["parameters"]] == ["factor", "region"]
    assert json.loads(json.dumps(entries)) == entries


def test_one_kind_is_named_in_the_plural() -> None:
    for kind in KINDS:
        assert {e["kind"] for e in catalogue.components(toys.registry(), f"{kind}s")} == {kind}


def test_text_has_a_line_for_every_component_and_parameter() -> None:
    entries = catalogue.components(toys.registry())
    lines = catalogue.as_text(entries).splitlines()
    for kind in KINDS:
        assert f"{kind.upper()}S" in lines
    for entry in entries:
        place = next(i for i, line in enumerate(lines) if line.startswith(f"  {entry['name']}: {entry['description']}"))
        shown = [line.strip() for line in lines[place + 1 : place + 1 + len(entry["parameters"])]]
        assert shown == entry["parameters"]


def test_a_strangers_component_names_its_package_and_benchbenchs_own_does_not() -> None:
    entry = catalogue.components(toys.registry(), "datasets")[0]
    assert "[snow 2.0]" in catalogue.as_text([{**entry, "distribution": "snow", "version": "2.0"}])
    assert "[" not in catalogue.as_text([{**entry, "distribution": "benchbench", "version": "2.0"}]).split("\n")[1]


def test_a_plugin_that_was_left_out_says_why(write_module: Callable[[str, str], Path]) -> None:
    write_module("broken_plugin", "raise RuntimeError('no licence')")
    entries = catalogue.plugins(toys.registry("broken_plugin"))
    assert [e["name"] for e in entries] == ["test.broken_plugin", "test.toys"]
    text = catalogue.as_text(entries)
    assert "left out: RuntimeError: no licence" in text
    assert text.count("left out") == 1
    assert "degradation darken" in text
