"""Components that break their contract: their plugin is left out as a whole, and the others are there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fogs import assert_toys_are_there, failure, fog

from benchbench.registry import registry as plugins
from benchbench.registry.registry import Registry

ABSTRACT = fog().replace("def apply", "def applyy")
WRONG_COMPONENTS = {
    "nothing": (fog(brings="").replace("[]", "None"), "must return a list, not None"),
    "an instance": (fog(brings="Fog()"), "is an instance: return the class Fog itself"),
    "something else": (fog(brings="dict"), "is no degradation class"),
    "another kind": (fog(brings="Fog").replace("degradations", "models"), "is no model class"),
    "abstract": (ABSTRACT, "fog: apply must be defined"),
    "no dataclass": (fog(decorator="", body="depth: int = param(3)"), "fog: decorate the class with @dataclass"),
    "no name": (fog(name=None), "Fog: its name None must be lower-case letters, digits, - and _"),
    "capitals": (fog(name="Fog"), "Fog: its name 'Fog' must be"),
    "a path": (fog(name="../fog"), "Fog: its name '../fog' must be"),
    "a pipe": (fog(name="a|b"), "Fog: its name 'a|b' must be"),
    "an empty name": (fog(name=""), "Fog: its name '' must be"),
    "a line too much": (fog(name="fog\n"), "Fog: its name 'fog\\n' must be"),
    "a list": (fog(body="depth: tuple = param((3,))"), "fog: Fog.depth cannot be a parameter"),
    "an unknown type": (fog(body="depth: Unknown = param(3)").replace("    from d", "    from __future__ import "
                        "annotations\n    from d", 1), "fog: name 'Unknown' is not defined"),
    "an illegal default": (fog(body="depth: int = param(3, low=5)"), "fog: depth=3 is not legal"),
    "a hook that raises": (fog(brings="1 / 0"), "ZeroDivisionError: division by zero"),
    "a hook that leaves": (fog(brings="exit(3)"), "SystemExit: 3"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_COMPONENTS)
def test_a_wrong_component_is_reported_and_the_others_are_there(
    case: str, load_with_toys: Callable[..., Registry]
) -> None:
    source, reason = WRONG_COMPONENTS[case]
    registry = load_with_toys(source)
    assert reason in failure(registry)
    assert registry.plugins["strange_plugin_0"].brings == []
    assert_toys_are_there(registry)


def test_a_plugin_with_one_wrong_part_is_left_out_as_a_whole(load_with_toys: Callable[..., Registry]) -> None:
    hooks = "@hookimpl\n    def benchbench_models():\n        return [Fog]\n\n    @hookimpl\n    def benchbench_board_written(): ..."
    registry = load_with_toys(f"{fog()}\n    {hooks}\n")
    assert "is no model class" in failure(registry)
    assert registry.plugins["strange_plugin_0"].brings == []
    assert "fog" not in registry.of("degradation")
    assert registry.implementations("benchbench_board_written") == []
    assert not [plugin for plugin in registry.origin.values() if plugin.name != "toys"]


def test_a_plugin_that_brings_one_name_twice_is_left_out(load_with_toys: Callable[..., Registry]) -> None:
    registry = load_with_toys(fog(brings="Fog, Fog"))
    assert failure(registry) == "brings two degradations named 'fog'"
    assert_toys_are_there(registry)


@pytest.mark.parametrize("misspelt", ["has_orcale = True", "def inverts(self, x, truth): ...", "descriptions = ''"])
def test_what_looks_like_a_misspelt_part_of_the_contract_is_a_warning(
    misspelt: str, load_with_toys: Callable[..., Registry]
) -> None:
    registry = load_with_toys(fog(body=misspelt))
    assert registry.failures == []
    [warning] = registry.plugins["strange_plugin_0"].warnings
    assert warning.startswith("fog has '")
    assert "did you mean '" in warning


@pytest.mark.parametrize(
    "own", ["version_of: int = param(3)", "_inverts = 1", "density = 0.5", "def name_it(self): ..."]
)
def test_an_authors_own_names_are_no_warning(own: str, load_with_toys: Callable[..., Registry]) -> None:
    assert load_with_toys(fog(body=own)).plugins["strange_plugin_0"].warnings == []


def test_no_built_in_component_has_a_misspelt_part() -> None:
    assert {p.name: p.warnings for p in plugins.registry().plugins.values() if p.warnings} == {}


def test_class_variables_need_no_dataclass(load_with_toys: Callable[..., Registry]) -> None:
    assert load_with_toys(fog(decorator="", body="depth: ClassVar[int] = 3")).failures == []


def test_no_degradation_takes_the_name_of_a_page(load_with_toys: Callable[..., Registry]) -> None:
    assert "no degradation can be named 'overall'" in failure(load_with_toys(fog(name="overall")))


@pytest.mark.parametrize("name", ["all", "default"])
def test_no_component_takes_a_word_that_stands_for_several(name: str, load_with_toys: Callable[..., Registry]) -> None:
    assert f"no degradation can be named '{name}'" in failure(load_with_toys(fog(name=name)))


@pytest.mark.parametrize("relevant", ["0", "-0.1", "float('nan')", "'0.1 dB'", "True"])
def test_the_smallest_relevant_difference_of_a_metric_is_a_positive_number(
    load_with_toys: Callable[..., Registry], relevant: str
) -> None:
    source = f"""
    from dataclasses import dataclass
    from benchbench import Metric, hookimpl

    @hookimpl
    def benchbench_metrics():
        return [Odd]

    @dataclass(frozen=True)
    class Odd(Metric):
        name = "odd"
        higher_is_better = True
        relevant = {relevant}

        def __call__(self, restored, clean, region=None):
            return restored.flatten(1).mean(1)
    """
    registry = load_with_toys(source)
    assert failure(registry) == "odd: relevant must be a positive number, or None"
    assert_toys_are_there(registry)
