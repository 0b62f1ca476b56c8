"""Scaffolding of new plugins: a package that installs, passes its tests and is listed as it is written."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from string import Template

from .. import __version__
from ..errors import BenchbenchError, SpecError
from ..files import fresh_folder
from .registry import Registry
from .sources import installed
from .validation import name_problem

FILES = {  # path in the package: name of the template
    "pyproject.toml": "pyproject.toml",
    "README.md": "README.md",
    "src/{module}.py": "{kind}.py",
    "tests/test_{module}.py": "test_contract.py",
    ".github/workflows/tests.yml": "tests.yml",
}
USES = {
    "model": "--model {name}",
    "degradation": "--degrade {name}",
    "metric": "--metric all --model identity",
    "dataset": "--dataset {name} --model identity",
}


def new_plugin(registry: Registry, name: str, kind: str, to: Path) -> Path:
    """Write the package `benchbench-NAME` into the folder `to`; returns the package's folder.

    Raises SpecError for a name that is illegal or taken, BenchbenchError if the folder exists.
    """
    name = name.removeprefix("benchbench-")
    if problem := name_problem(name, kind):
        plain = re.sub("[^a-z0-9]+", "-", name.lower()).strip("-0123456789")
        raise SpecError(problem + (f"; did you mean '{plain}'?" if plain not in ("", name) else ""))
    if component := registry.of(kind).get(name):
        owner = registry.origin[component].distribution
        raise SpecError(f"there is a {kind} named '{name}' already (from {owner}); choose another name")
    if name in installed():
        raise SpecError(f"there is a plugin named '{name}' already; choose another name")
    folder = to / f"benchbench-{name}"
    if folder.exists():
        raise BenchbenchError(f"{folder} is there already; choose another name, or another folder with --out")
    words = {
        "name": name,
        "kind": kind,
        "module": "benchbench_" + name.replace("-", "_"),
        "class_name": class_name(name, kind),
        "use": USES[kind].format(name=name),
        "version": __version__,
    }
    with fresh_folder(folder) as partial:
        for path, template in FILES.items():
            file = partial / path.format(**words)
            file.parent.mkdir(parents=True, exist_ok=True)
            text = files(__package__).joinpath("templates", template.format(**words) + ".tmpl").read_text("utf-8")
            file.write_text(Template(text).substitute(words), "utf-8")
    return folder


def class_name(name: str, kind: str) -> str:
    """Turn `my-blur` into MyBlurModel and `my-model` into MyModel; never into the name of the base class."""
    camel = "".join(part.capitalize() for part in re.split("[-_]", name))
    return camel if camel.endswith(kind.capitalize()) and camel != kind.capitalize() else camel + kind.capitalize()
