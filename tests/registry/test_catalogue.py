"""The catalogue shows everything that is registered, and what could not be."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import toys

from benchbench import SpecError
from benchbench.registry import catalogue
from benchbench.registry.registry import KINDS, Registry


def components(registry: Registry) -> list[catalogue.Entry]:
    return catalogue.select(catalogue.entries(registry), None)


def plugins(registry: Registry) -> list[catalogue.Entry]:
    return [entry for entry in catalogue.entries(registry) if entry["kind"] == "plugin"]


def test_every_component_is_listed_with_its_parameters_and_plugin() -> None:
    registry = toys.registry()
    entries = components(registry)
    assert [(e["kind"], e["name"]) for e in entries] == [(kind, name) for kind in KINDS for name in registry.of(kind)]
    darken = next(e for e in entries if e["name"] == "darken")
    assert darken["description"] == "Multiply each image by its own factor"
    assert darken["plugin"] == "test.toys"
    assert [p["name"] for p in darken["parameters"]] == ["factor", "region"]
    assert json.loads(json.dumps(entries)) == entries


def test_a_kind_is_chosen_in_the_plural_and_a_component_by_its_name() -> None:
    entries = catalogue.entries(toys.registry())
    assert {e["kind"] for e in catalogue.select(entries, None)} == set(KINDS)
    for kind in KINDS:
        assert {e["kind"] for e in catalogue.select(entries, f"{kind}s")} == {kind}
    assert [e["name"] for e in catalogue.select(entries, "darken")] == ["darken"]
    with pytest.raises(SpecError, match="there is no component 'darkn': did you mean 'darken'"):
        catalogue.select(entries, "darkn")


def test_text_has_a_line_for_every_component_and_parameter() -> None:
    entries = components(toys.registry())
    lines = catalogue.as_text(entries).splitlines()
    for kind in KINDS:
        assert f"{kind.upper()}S" in lines
    for entry in entries:
        place = next(i for i, line in enumerate(lines) if line.startswith(f"  {entry['name']}: {entry['description']}"))
        shown = lines[place + 1 : place + 1 + len(entry["parameters"])]
        assert [line.split("=")[0].strip() for line in shown] == [p["name"] for p in entry["parameters"]]
    assert "      sigma=0.1 — standard deviation of the noise (a number from 0 to 1)" in lines


def test_everything_about_one_component() -> None:
    entries = {e["name"]: e for e in components(toys.registry())}
    text = catalogue.in_full(entries["tiny-conv"])
    assert text.startswith("model tiny-conv  [? ?, plugin test.toys]\n\n  One 3×3 convolution.\n")
    assert "recipe: epochs 2, batch 8, lr 0.01, optimizer adam" in text
    assert text.endswith("toys.py")
    assert "higher_is_better: no" in catalogue.in_full(entries["mean-error"])
    assert "factor=0.3..0.7 — what intensities are multiplied by" in catalogue.in_full(entries["darken"])
    assert "(a number or low..high from 0.01 to 1)" in catalogue.in_full(entries["darken"])


def test_what_a_class_computes_or_json_lacks_is_still_listed(write_module: Callable[[str, str], Path]) -> None:
    write_module(
        "odd_plugin",
        """
        from dataclasses import dataclass
        from pathlib import Path
        from benchbench import Model, Recipe, hookimpl

        @hookimpl
        def benchbench_models():
            return [Odd]

        @dataclass(frozen=True)
        class Odd(Model):
            name = "odd"
            sees = {Path("region")}

            @property
            def recipe(self):
                return Recipe()

            def build(self, task): ...
        """,
    )
    [odd] = [e for e in components(toys.registry("odd_plugin")) if e["name"] == "odd"]
    assert odd["facts"]["recipe"] == "depends on the parameters"
    assert json.loads(json.dumps(odd)) == odd
    assert "recipe: depends on the parameters" in catalogue.in_full(odd)


def test_a_strangers_component_names_its_package_and_benchbenchs_own_does_not() -> None:
    entry = components(toys.registry())[0]
    assert "[snow 2.0]" in catalogue.as_text([{**entry, "distribution": "snow", "version": "2.0"}])
    assert (
        "["
        not in catalogue.as_text([{**entry, "distribution": "benchbench-portraits", "version": "2.0"}]).split("\n")[1]
    )


def test_a_plugin_that_was_left_out_says_why(write_module: Callable[[str, str], Path]) -> None:
    write_module("broken_plugin", "raise RuntimeError('no licence')")
    entries = plugins(toys.registry("broken_plugin"))
    assert [e["name"] for e in entries] == ["test.broken_plugin", "test.toys"]
    text = catalogue.as_text(entries)
    assert "left out: RuntimeError: no licence" in text
    assert text.count("left out") == 1
    assert "degradation darken" in text


def test_what_looks_like_a_mistake_is_shown_with_its_plugin() -> None:
    entry = {**plugins(toys.registry())[0], "warnings": ["fog has 'unavailible'"]}
    assert "      warning: fog has 'unavailible'" in catalogue.as_text([entry]).splitlines()
