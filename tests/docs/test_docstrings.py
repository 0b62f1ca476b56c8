"""Every public class and function has an example in its docstring, and the example runs as it is pasted."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import benchbench
import benchbench.testing
from benchbench.registry import hookspecs

PUBLIC = {name: getattr(benchbench, name) for name in benchbench.__all__}
PUBLIC |= {name: getattr(benchbench.testing, name) for name in benchbench.testing.__all__}
PUBLIC["hookimpl"] = hookspecs  # a decorator made by pluggy, whose docstring is the module's


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names_have_an_example_that_runs(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BENCHBENCH_WEIGHTS", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    text = vars(PUBLIC[name]).get("__doc__") if isinstance(PUBLIC[name], type) else PUBLIC[name].__doc__
    test = doctest.DocTestParser().get_doctest(text or "", {"__name__": "__main__"}, name, None, 0)
    assert test.examples, f"{name} shows no example"
    report: list[str] = []
    doctest.DocTestRunner().run(test, out=report.append)
    assert not report, "".join(report)


@pytest.mark.parametrize("name", ["processes", "files", "running.request", "running.progress", "running.workspace"])
def test_examples_of_the_way_between_run_in_their_module(name: str) -> None:
    found = doctest.testmod(importlib.import_module(f"benchbench.{name}"))
    assert found.attempted
    assert not found.failed
