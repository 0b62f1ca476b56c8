"""The shape of the house: the core names no plugin, imports run one way, plugins use public names only."""

from __future__ import annotations

import ast
import graphlib
import importlib.metadata
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import benchbench
from benchbench.registry.registry import KINDS

ROOT = Path(__file__).parents[1]
CORE = sorted((ROOT / "benchbench").rglob("*.py"))
PLUGINS = sorted((ROOT / "plugins").rglob("*.py"))
FLOORS = [  # each room may import from those on the floors below it
    {"cli", "testing", "__main__"},
    {"entrants"},
    {"api"},
    {"checks", "speed", "photos"},
    {"running"},
    {"boards"},
    {"training", "evaluation"},
    {"data", "registry", "results", "processes"},
    {"contracts", "devices", "flops"},
    {"errors", "files", "images", "protocol", "streams"},
]
OTHER_MEANINGS = {"none", "bicubic", "flow"}  # of the spec syntax; a mode of torch's interpolate; a displacement field


def component_names() -> set[str]:
    entry_points = importlib.metadata.entry_points(group="benchbench")
    own = [e.name.split(".") for e in entry_points if e.value.startswith("benchbench_plugins.")]
    return {name for kind, *names in own if kind in KINDS for name in names}


def docstrings(tree: ast.Module) -> set[ast.AST]:
    holders = [n for n in ast.walk(tree) if isinstance(n, ast.Module | ast.ClassDef | ast.FunctionDef)]
    return {n.body[0].value for n in holders if n.body and isinstance(n.body[0], ast.Expr)}


@pytest.mark.parametrize("path", CORE, ids=lambda p: str(p.relative_to(ROOT)))
def test_the_core_names_no_plugin(path: Path) -> None:
    tree = ast.parse(path.read_text())
    names = component_names() - OTHER_MEANINGS
    assert len(names) > 20
    ignored = docstrings(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node not in ignored:
            assert node.value not in names, f"line {node.lineno} names the component {node.value!r}"
        if isinstance(node, ast.Import | ast.ImportFrom):
            assert "benchbench_plugins" not in ast.unparse(node)


def imports(path: Path) -> Iterator[tuple[str, ...]]:
    """The files of the core that a file imports, those inside functions included, as paths below benchbench/."""
    package = path.relative_to(ROOT / "benchbench").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            assert node.level <= len(package) + 1
            base = (*package[: len(package) - node.level + 1], *(node.module or "").split("."))
            base = tuple(part for part in base if part)
            for alias in node.names:
                inside = (ROOT / "benchbench").joinpath(*base, alias.name)
                yield (*base, alias.name) if inside.is_dir() or inside.with_suffix(".py").is_file() else base


def test_rooms_import_from_lower_floors_only() -> None:
    floor = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
    for path in CORE:
        if path == ROOT / "benchbench" / "__init__.py":  # the door to all public names
            continue
        room = path.relative_to(ROOT / "benchbench").parts[0].removesuffix(".py")
        for other, *_ in filter(None, imports(path)):
            inside = other == room or (room == "__main__" and other == "cli")
            assert inside or floor[other] > floor[room], f"{path.relative_to(ROOT)} imports {other}"


def test_no_files_import_each_other_in_a_circle() -> None:
    def module(path: Path) -> tuple[str, ...]:
        return path.relative_to(ROOT / "benchbench").with_suffix("").parts

    below = {module(path): set(imports(path)) for path in CORE if path.name != "__init__.py"}
    graphlib.TopologicalSorter(below).prepare()  # raises CycleError, which names the circle


def is_folder_of_a_component(folder: Path) -> bool:
    return folder.parents[1] == ROOT / "plugins"


@pytest.mark.parametrize("path", PLUGINS, ids=lambda p: str(p.relative_to(ROOT)))
def test_plugins_import_only_public_names(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            assert node.level == 1, f"line {node.lineno}: a plugin uses files outside its folder"
            shared = (node.module or "_").startswith("_") or is_folder_of_a_component(path.parent)
            assert shared, f"line {node.lineno}: a plugin imports another component"
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("benchbench"):
            assert node.module == "benchbench", f"line {node.lineno}: {node.module} is not public"
            assert {alias.name for alias in node.names} <= set(benchbench.__all__)


def test_no_file_is_longer_than_one_cares_to_read() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in [*CORE, *PLUGINS]}
    assert {path: length for path, length in lengths.items() if length > 250} == {}


Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(path: Path) -> list[Function]:
    return [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, Function)]


def lines_of(function: Function) -> int:
    """Count its lines without those of its docstring."""
    first, last = function.body[0], function.end_lineno or 0
    told = (first.end_lineno or 0) - first.lineno + 1 if ast.get_docstring(function) is not None else 0
    return last - function.lineno + 1 - told


def parameters_of(function: Function) -> int:
    """Count what a caller gives by name, but for the options of a command."""
    if any(".command(" in ast.unparse(decorator) for decorator in function.decorator_list):
        return 0
    given = function.args
    return len([a for a in (*given.posonlyargs, *given.args, *given.kwonlyargs) if a.arg not in ("self", "cls")])


@pytest.mark.parametrize(
    ("measured", "most", "files"),
    [(lines_of, 40, [*CORE, *PLUGINS]), (parameters_of, 5, CORE)],  # an edit of a plugin has its trials run again
    ids=["lines", "parameters"],
)
def test_no_function_is_larger_than_one_cares_to_read(
    measured: Callable[[Function], int], most: int, files: list[Path]
) -> None:
    sizes = {f"{path.relative_to(ROOT)}:{f.lineno}: {f.name}": measured(f) for path in files for f in functions(path)}
    assert {name: size for name, size in sizes.items() if size > most} == {}


def test_every_plugin_file_has_one_entry_point_and_a_test() -> None:
    entry_points = {e.value: e.name for e in importlib.metadata.entry_points(group="benchbench")}
    files = [path for path in PLUGINS if path.parent.parent == ROOT / "plugins" and not path.name.startswith("_")]
    folders = [path.parent for path in PLUGINS if path.name == "__init__.py" and is_folder_of_a_component(path.parent)]
    assert files
    assert folders
    for path in [*files, *folders]:
        kind = path.parent.name
        module = f"benchbench_plugins.{kind}.{path.stem}"
        assert module in entry_points, f"{path} has no entry point: pip install -e . again if pyproject.toml has it"
        stem = entry_points[module].removeprefix(f"{kind.removesuffix('s')}.")
        assert stem.replace("-", "_") == path.stem
        tests = [p.read_text() for p in (ROOT / "tests" / "plugins").glob("test_*.py")]
        about = [t for t in tests if f"benchbench_plugins.{kind}" in t and re.search(rf"\b{path.stem}\b", t)]
        assert about, f"{path} has no test"


def test_the_entry_points_of_pyproject_are_the_installed_ones() -> None:
    import tomllib

    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["benchbench"]
    installed = {
        e.name: e.value
        for e in importlib.metadata.distribution("benchbench-portraits").entry_points
        if e.group == "benchbench"
    }
    assert installed == wanted


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom benchbench.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'numpy', 'pandas', 'rich', 'PIL', 'pluggy', 'matplotlib'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, capture_output=True)


def test_every_package_is_installed() -> None:
    """An editable installation sees folders that a wheel would leave out."""
    import tomllib

    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    folders = {path.parent.relative_to(ROOT) for path in [*CORE, *PLUGINS] if path.is_file()}
    folders |= {
        path.parent.relative_to(ROOT) for top in ("benchbench", "plugins") for path in (ROOT / top).rglob("__init__.py")
    }
    names = {".".join(folder.parts).replace("plugins", "benchbench_plugins", 1) for folder in folders}
    assert names <= set(listed)
