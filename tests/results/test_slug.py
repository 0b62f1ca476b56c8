"""Names of folders: safe, readable, and different where their labels are."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchbench.results.layout import slug

WORD = st.from_regex(r"[a-z][a-z0-9_-]{0,9}", fullmatch=True)
SPEC = st.builds("{}:{}={}".format, WORD, WORD, st.text(alphabet='aB1.,:;+=/\\ "\n-_é', max_size=5))
LABELS = st.text(max_size=200) | WORD | SPEC | st.builds("{}+{}".format, SPEC, SPEC)


@given(LABELS)
def test_a_slug_is_one_safe_path_component(label: str) -> None:
    found = slug(label)
    assert 0 < len(found) <= 80
    assert found not in (".", "..")
    assert Path("folder", found).parent == Path("folder")
    assert set(found) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._=+,-")
    assert not found.startswith((".", "-"))


@given(LABELS, LABELS)
def test_different_labels_have_different_slugs(one: str, other: str) -> None:
    assert (slug(one) == slug(other)) == (one == other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("folder:path=a/b", "folder:path=a-b"),
        ("folder:path=a b", "folder:path=a-b"),
        ("folder:path=a", "folder,path=a"),
        ("a:b=1,c=2", 'a:b="1,c=2"'),
        ("a:b=1:c=2", "a:b=1,c=2"),
        ("a.", "a"),
        ("x" * 300, "x" * 301),
        ("é", "è"),
        ("", "unnamed"),
    ],
)
def test_labels_that_look_alike_have_different_slugs(one: str, other: str) -> None:
    assert slug(one) != slug(other)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("swirl", "swirl"),
        ("swirl:strength=3", "swirl,strength=3"),
        ("darken:factor=0.3..0.7,region=face", "darken,factor=0.3..0.7,region=face"),
        ("gaussian-blur:sigma=2+grain:sigma=0.1", "gaussian-blur,sigma=2+grain,sigma=0.1"),
    ],
)
def test_an_ordinary_spec_stays_readable(label: str, name: str) -> None:
    assert slug(label) == name
