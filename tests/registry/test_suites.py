"""Suites: the built-in ones name only what exists, and a mistake in a file is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fogs import assert_toys_are_there, failure

from benchbench import SpecError
from benchbench.contracts.budget import Budget
from benchbench.registry import suites
from benchbench.registry.registry import Registry, registry
from benchbench.running import plan
from benchbench.running.request import RunRequest


@pytest.fixture(scope="module")
def installed() -> Registry:
    return registry()


def test_the_five_studies_are_there(installed: Registry) -> None:
    assert set(installed.brought["suite"]) == {
        "unswirl",
        "deblur",
        "restore",
        "compress",
        "enhance",
    }  # benchbench_suites


@pytest.mark.parametrize("name", ["unswirl", "deblur", "restore", "compress", "enhance"])
def test_a_built_in_suite_names_only_what_exists(installed: Registry, name: str) -> None:
    suite = suites.load(installed, name)
    plan.choose(installed, "dataset", suite.options["dataset"])
    Budget.parse(suite.options.get("budget", "quick"))
    for grid in suite.grids:
        assert len(plan.choose(installed, "degradation", grid.degradation)) == len(grid.degradation)
        models = [model for model in grid.model if model != "all"]
        assert len(plan.choose(installed, "model", models)) == len(models)


def test_what_the_user_gives_takes_precedence(installed: Registry) -> None:
    request = RunRequest(size=32, budget="1epochs")
    mixed = plan.with_suite(installed, request, "unswirl", {"size"})
    assert mixed.size == 32
    assert mixed.grids == suites.load(installed, "unswirl").grids
    assert mixed.dataset == ["faces"]


@pytest.mark.parametrize(("text", "message"), [
    ("[[grid", "cannot be read"),
    ("size = 64", r"has no \[\[grid\]\]"),
    ("sise = 64\n[[grid]]", "unknown key 'sise': did you mean 'size'"),
    ("size = '64'\n[[grid]]", "size: Expected `int`, got `str`"),
    ("tune = 'no'\n[[grid]]", "tune: Expected `bool`, got `str`"),
    ("seed = ['a']\n[[grid]]", "seed: Expected `int`, got `str`"),
    ("grid = [1]", r"write \[\[grid\]\]"),
    ("size = " + "[" * 3000 + "]" * 3000, "cannot be read"),
    ("[grid]", r"write \[\[grid\]\], not \[grid\]"),
    ("[[grid]]\nmodel = 'unet'", "model must be a list of specs"),
    ("[[grid]]\nbudget = 1", "budget must be a str"),
    ("[[grid]]\nmodels = []", "unknown key 'models' in a grid: did you mean 'model'"),
])  # fmt: skip
def test_a_mistake_in_a_file_is_told(installed: Registry, tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(SpecError, match=message):
        suites.load(installed, str(path))


def test_an_unknown_suite_is_told(installed: Registry) -> None:
    with pytest.raises(SpecError, match="unknown suite 'unswirls': did you mean 'unswirl'"):
        suites.load(installed, "unswirls")


# ── suites ───────────────────────────────────────────────────────────────────────────────────────────────────────────

SUITES = """
    from pathlib import Path
    from benchbench import hookimpl

    @hookimpl
    def benchbench_suites():
        return {paths}
"""


def test_a_suite_is_known_by_its_file_and_its_plugin(tmp_path: Path, load_with_toys: Callable[..., Registry]) -> None:
    path = tmp_path / "fogs.toml"
    path.touch()
    registry = load_with_toys(SUITES.format(paths=f"[Path({str(path)!r})]"))
    assert registry.brought["suite"] == {"fogs": path}
    assert registry.plugins["strange_plugin_0"].brings == ["suite fogs"]


def test_of_two_suites_of_one_name_the_second_is_left_out_unless_that_is_an_error(
    tmp_path: Path, load_with_toys: Callable[..., Registry]
) -> None:
    path = tmp_path / "fogs.toml"
    path.touch()
    twice = [SUITES.format(paths=f"[Path({str(path)!r})]")] * 2
    registry = load_with_toys(*twice)
    assert "two plugins bring a suite named 'fogs': strange_plugin_0" in str(registry.clash)
    assert registry.brought["suite"] == {"fogs": path}
    assert [plugin.name for plugin in registry.failures] == ["strange_plugin_1"]


@pytest.mark.parametrize(
    ("paths", "reason"),
    [
        ("[Path('nowhere.toml')]", "is no suite: it must be the Path of a TOML file"),
        ("['suite.toml']", "'suite.toml' is no suite"),
        ("Path(__file__)", "benchbench_suites must return a list"),
        ("[Path(__file__)]", "is no suite"),
        ("1 / 0", "ZeroDivisionError"),
    ],
)
def test_a_wrong_suite_is_reported_and_the_others_are_there(
    paths: str, reason: str, load_with_toys: Callable[..., Registry]
) -> None:
    registry = load_with_toys(SUITES.format(paths=paths))
    assert reason in failure(registry)
    assert_toys_are_there(registry)


def test_a_suite_saved_by_notepad_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('title = "Nebel, dünn"\n[[grid]]\ndegrade = ["pixelate"]\nmodel = ["identity"]\n', "utf-8-sig")
    assert suites.load(registry(), str(path)).grids[0].model == ("identity",)
