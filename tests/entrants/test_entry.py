"""A file of entrants names packages, files and models, and nothing that pip, a shell or a path would take otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchbench import SpecError
from benchbench.entrants.entry import chosen, read


def written(folder: Path, text: str) -> Path:
    path = folder / "entrants.toml"
    path.write_text(text)
    (folder / "mine.py").write_text("x = 1")
    return path


def test_the_file_of_the_repository_can_be_read() -> None:
    assert read(Path(__file__).parents[2] / "leaderboards" / "entrants.toml") == []


@pytest.mark.parametrize(("entry", "message"), [
    ('package = "a==1"', "model must be a list of specs"),
    ('model = ["--device"]\npackage = "a==1"', "model must be a list of specs"),
    ('model = ["m"]', "give a package or a plugin"),
    ('model = ["m"]\npackage = "a==1"\nplugin = "mine.py"', "give a package or a plugin"),
    ('model = ["m"]\npackage = "a"', "a name and a version"),
    ('model = ["m"]\npackage = "a @ https://b.org/a.whl"', "a name and a version"),
    ('model = ["m"]\npackage = "--index-url=x==1"', "a name and a version"),
    ('model = ["m"]\nplugin = "../mine.py"', "a file beside the file of entrants"),
    ('model = ["m"]\nplugin = "none.py"', "is no file"),
    ('model = ["m"]\nplugin = "link.py"', "is no file"),
    ('models = ["m"]', "an entry is a table of package, plugin, model, not 'models'"),
])  # fmt: skip
def test_what_is_no_entry_is_told(tmp_path: Path, entry: str, message: str) -> None:
    (tmp_path / "link.py").symlink_to(tmp_path / "mine.py")
    with pytest.raises(SpecError, match=message):
        read(written(tmp_path, f"[own]\n{entry}\n"))


def test_what_is_no_table_is_no_entry(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"a table of package, plugin, model, not 'x==1\.0'"):
        read(written(tmp_path, 'own = "x==1.0"\n'))


def test_only_what_is_new_or_changed_is_tried_a_changed_file_included(tmp_path: Path) -> None:
    text = '[one]\nmodel = ["a"]\nplugin = "mine.py"\n[two]\nmodel = ["b"]\npackage = "b==1"\n'
    (tmp_path / "old").mkdir()
    old, new = written(tmp_path / "old", text), written(tmp_path, text)
    assert chosen(new, old, []) == []
    (tmp_path / "mine.py").write_text("x = 2")
    assert [e.name for e in chosen(new, old, [])] == ["one"]
    assert [e.name for e in chosen(new, None, ["two"])] == ["two"]
    with pytest.raises(SpecError, match="there is no entrant 'tow'"):
        chosen(new, None, ["tow"])
