"""The tab key: names, parameters, values; in bash too, which cuts a spec into pieces."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import toys
from click.shell_completion import ShellComplete
from hypothesis import given
from hypothesis import strategies as st

from benchbench.cli import main
from benchbench.cli.completion import candidates
from benchbench.registry import catalogue

ENTRIES = catalogue.select(catalogue.entries(toys.registry()), None)
DEGRADATIONS = [e for e in ENTRIES if e["kind"] == "degradation"]


@pytest.mark.parametrize(("typed", "expected"), [
    ("", ["all", "darken", "grain"]),
    ("gr", ["grain"]),
    ("grain:", ["grain:sigma=", "grain:region=", "grain:region=image", "grain:region=face", "grain:region=box"]),
    ("grain:si", ["grain:sigma="]),
    ("grain:sigma=", []),
    ("grain:sigma=0.1,", [f"grain:sigma=0.1,region={word}" for word in ("", "image", "face", "box")]),
    ("grain:region=f", ["grain:region=face"]),
    ("grain+d", ["grain+darken"]),
    ("grain+", ["grain+darken", "grain+grain"]),
    ("grain:sigma=1e+1,r", [f"grain:sigma=1e+1,region={word}" for word in ("", "image", "face", "box")]),
    ("nothing:x", []),
])  # fmt: skip
def test_a_spec_is_completed_piece_by_piece(typed: str, expected: list[str]) -> None:
    assert candidates(DEGRADATIONS, typed, chained=True) == expected


@given(st.one_of(st.text(), st.text(alphabet='graindke:=,+.1 "\\')))
def test_every_candidate_begins_with_what_was_typed(typed: str) -> None:
    assert all(word.startswith(typed) for word in candidates(DEGRADATIONS, typed, chained=True))


def test_every_parameter_can_be_reached() -> None:
    for entry in ENTRIES:
        same_kind = [e for e in ENTRIES if e["kind"] == entry["kind"]]
        for parameter in entry["parameters"]:
            whole = f"{entry['name']}:{parameter['name']}="
            for length in range(len(entry["name"]) + 1, len(whole)):
                assert whole in candidates(same_kind, whole[:length])


@pytest.mark.parametrize(("arguments", "typed", "expected"), [
    (["run", "--degrade"], "pix", ["pixel-flip", "pixelate"]),
    (["run", "--model"], "unet:wi", ["unet:width="]),
    (["degrade", "x.png", "--with"], "swirl:str", ["swirl:strength="]),
    (["run", "--metric"], "defa", ["default"]),
    (["run", "--model"], "al", ["all"]),
    (["run", "--model"], "defa", []),
    (["list"], "deg", ["degradations"]),
    (["list"], "swirl-", ["swirl-params", "swirl-unet"]),
])  # fmt: skip
def test_commands_complete_what_is_installed(arguments: list[str], typed: str, expected: list[str]) -> None:
    complete = ShellComplete(main, {}, "benchbench", "_BENCHBENCH_COMPLETE")
    assert [item.value for item in complete.get_completions(arguments, typed)] == expected


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes_what_follows_its_last_cut(tmp_path: Path) -> None:
    (tmp_path / "benchbench").write_text(f'#!/bin/sh\nexec {sys.executable} -m benchbench "$@"\n')
    (tmp_path / "benchbench").chmod(0o755)
    cases = {
        "--model unet : wi": "width=",
        "--model unet :": "width=",
        "--degrade = pixelate : region = f": "face",
        "--degrade gaussian-blur+gaussian-n": "gaussian-blur+gaussian-noise",
        "--degrade gaussian-blur~30%gaussian-n": "gaussian-blur~30%gaussian-noise",
        "--model nafn": "nafnet",
    }
    ask = [f'COMP_WORDS=(benchbench run {c}); COMP_CWORD={len(c.split()) + 1}; COMPREPLY=(); _benchbench_completion benchbench; echo "${{COMPREPLY[0]}}"'
           for c in cases]  # fmt: skip
    script = "\n".join(['eval "$(_BENCHBENCH_COMPLETE=bash_source benchbench)"', "compopt() { :; }", *ask])
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True)
    assert done.stdout.splitlines() == list(cases.values()), done.stderr
