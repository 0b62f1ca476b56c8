"""The map of the code (docs/about/architecture.md) cannot rot: all that it names exists, and what it joins is joined."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import benchbench

ROOT = Path(__file__).parents[2]
CORE = ROOT / "benchbench"
PAGE = (ROOT / "docs" / "about" / "architecture.md").read_text(encoding="utf-8")
INDEX = (ROOT / "docs" / "about" / "index-of-decisions.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`([\w./-]+\.(?:py|toml|md|yml|html|js|css))(?::([\w.]+))?`")
STOP = re.compile(r"^( *)([\w./-]+\.py):([\w.]+)( .*)?$")
THROUGH = re.compile(r"\(through (\w+)\)")
Definition = ast.FunctionDef | ast.ClassDef


class Stop(NamedTuple):
    """A line of a walk: a function, and by what it hands over where its caller does not name it."""

    depth: int
    path: str
    name: str
    through: str | None

    def __str__(self) -> str:
        return f"{self.path}:{self.name}"


def section(heading: str) -> str:
    return PAGE.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def walks() -> Iterator[list[Stop]]:
    for block in re.findall(r"```text\n(.*?)```", section("Two walks"), re.DOTALL):
        lines = [STOP.match(line) for line in block.splitlines()]
        assert all(lines), f"a line of a walk is no stop:\n{block}"
        found = [(m[1], m[2], m[3], THROUGH.search(m[4] or "")) for m in lines if m]
        yield [Stop(len(indent) // 2, path, name, by and by[1]) for indent, path, name, by in found]


def steps() -> list[tuple[Stop, Stop]]:
    """Each stop of a walk with the one that it is under."""
    found = []
    for walk in walks():
        above = {0: walk[0]}
        for stop in walk[1:]:
            assert 0 < stop.depth <= max(above) + 1, f"{stop} is under nothing"
            found.append((above[stop.depth - 1], stop))
            above = {depth: other for depth, other in above.items() if depth < stop.depth} | {stop.depth: stop}
    return found


def located(path: str) -> Path:
    """A path of the page, below benchbench/ or the repository."""
    return CORE / path if (CORE / path).exists() else ROOT / path


@functools.cache
def definitions(path: Path) -> dict[str, Definition]:
    """The functions and classes of a file, and the methods as `Class.method`."""
    found: dict[str, Definition] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, Definition):
            found[node.name] = node
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{n.name}": n for n in node.body if isinstance(n, ast.FunctionDef)}
    return found


def targets(node: ast.AST) -> set[str]:
    """The names that an assignment gives a value, or a type."""
    given = getattr(node, "targets", [node.target] if isinstance(node, ast.AnnAssign) else [])
    return {n.id for target in given for n in ast.walk(target) if isinstance(n, ast.Name)}


@functools.cache
def decided(path: Path) -> set[str]:
    """All names of a file: its functions, classes, methods and constants, and the fields of classes as `Class.field`."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    fields = {f"{c.name}.{name}" for c in body if isinstance(c, ast.ClassDef) for n in c.body for name in targets(n)}
    return definitions(path).keys() | fields | {name for node in body for name in targets(node)}


def entries() -> list[str]:
    return [line for line in INDEX.splitlines() if line.startswith("- ")]


def words(node: ast.AST) -> set[str]:
    """All names in a piece of code."""
    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    names |= {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
    return names | {alias.name for n in ast.walk(node) if isinstance(n, ast.ImportFrom) for alias in n.names}


def mentions(path: Path, name: str) -> set[str]:
    """The names in a function and in what it uses of its file; of a method, also the bases of its class."""
    known, owner = definitions(path), name.partition(".")[0]
    found = {path.stem, *name.split(".")}
    found |= {word for base in getattr(known[owner], "bases", ()) for word in words(base)}
    todo, seen = [name], set[str]()
    while todo:
        seen.add(current := todo.pop())
        new = words(known[current])
        found |= new
        todo += [
            n
            for n in known
            if n not in seen and (n in new or (n.startswith(f"{owner}.") and n[len(owner) + 1 :] in new))
        ]
    return found


@functools.cache
def imported(path: Path) -> set[Path]:
    """The files that a file imports of benchbench, those that a package's `__init__` passes on included."""
    found: set[Path] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "benchbench":
            homes = [benchbench._HOME_OF.get(alias.name, "__init__") for alias in node.names]
            found |= {CORE.joinpath(*home.split(".")).with_suffix(".py") for home in homes}
        if isinstance(node, ast.ImportFrom) and node.level:
            base = path.parents[node.level - 1].joinpath(*(node.module or "").split("."))
            if base.is_dir():
                found |= {base / f"{alias.name}.py" for alias in node.names}
                found |= imported(base / "__init__.py") if path.name != "__init__.py" else set()
            found.add(base.with_suffix(".py"))
    return found


def test_there_are_two_walks() -> None:
    assert len(list(walks())) == 2
    assert len({str(stop) for pair in steps() for stop in pair}) > 40


@pytest.mark.parametrize(("before", "stop"), steps(), ids=str)
def test_each_stop_of_a_walk_is_named_by_the_one_it_is_under(before: Stop, stop: Stop) -> None:
    here, there = located(before.path), located(stop.path)
    assert stop.name in definitions(there), f"{stop} does not exist"
    known = mentions(here, before.name)
    if stop.through:
        assert stop.through in known, f"{before} does not name {stop.through}"
        assert stop.through in mentions(there, stop.name), f"{stop} does not name {stop.through}"
        return
    assert stop.name.rpartition(".")[2] in known, f"{before} does not name {stop}"
    if "." not in stop.name and here != there:
        assert there in imported(here), f"{before.path} does not import {stop.path}"


def test_plugins_are_reached_through_their_contract_only() -> None:
    for before, stop in steps():
        assert stop.through or (CORE / stop.path).exists() or not (CORE / before.path).exists()


@pytest.mark.parametrize("page", [PAGE, INDEX], ids=["map", "index"])
def test_every_file_and_name_on_the_pages_exists(page: str) -> None:
    named = NAMED.findall(page)
    assert len(named) > 40
    for path, name in named:
        assert located(path).exists(), f"{path} does not exist"
        assert not name or name in decided(located(path)), f"{path}:{name} does not exist"


def test_the_index_leads_to_every_file_that_decides_anything() -> None:
    files = {*CORE.rglob("*.py"), *(ROOT / "plugins").glob("*/_*.py")}
    named = {located(path) for line in entries() for path, _ in NAMED.findall(line)}
    missing = {path for path in files if path.stem != "__init__"} - named
    assert not missing, "no line of docs/about/index-of-decisions.md names these"


def test_the_index_is_in_alphabetical_order() -> None:
    heads = [re.match(r"- \*\*(.+?)\*\* — (?=.*`)", line) for line in entries()]
    assert all(heads), "a line of the index is not `- **words** — `place``"
    keys = [re.sub(r"[^a-z0-9 ]", "", head[1].casefold()) for head in heads if head]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys) > 120


def test_the_floors_are_those_of_the_test_of_imports() -> None:
    tree = ast.parse((ROOT / "tests" / "test_architecture.py").read_text(encoding="utf-8"))
    assigned = [node for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "FLOORS"]
    floors = ast.literal_eval(assigned[0].value)
    drawn = section("The floors").split("```text\n")[1].split("```")[0].splitlines()
    assert [set(line.split()) for line in drawn] == floors


def test_every_room_and_every_file_is_in_the_table() -> None:
    rows = [line.split("|") for line in section("The rooms").splitlines() if line.startswith("| `")]
    told = {row[1].strip(" `/"): set(re.findall(r"(?:^|·) *`(\w+)`", row[3])) for row in rows}
    rooms: dict[str, set[str]] = {}
    for path in CORE.rglob("*.py"):
        if path.stem not in ("__init__", "__main__"):
            rooms.setdefault(path.parent.relative_to(ROOT).as_posix().removeprefix("benchbench/"), set()).add(path.stem)
    assert told.keys() == rooms.keys()
    assert {room: told[room] ^ files for room, files in rooms.items() if told[room] != files} == {}


def test_more_than_ten_changes_are_shown_the_way() -> None:
    assert len([line for line in section("Where do I change …").splitlines() if line.startswith("| ")]) > 12
