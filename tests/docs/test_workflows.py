"""The workflows: valid, pinned, and with no more rights than they need; and every step works on any machine."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchbench.cli import main

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TEXTS = pytest.mark.parametrize(
    "text", [p.read_text(encoding="utf-8") for p in WORKFLOWS], ids=[p.name for p in WORKFLOWS]
)

STEPS = {
    "bash .ci/run",
    "python -m pip install .",
    "python -m pip install -e .[test]",
    "python -m pytest -q",
    "cp leaderboards/results/published.toml made/results",
}
"""What steps may run besides commands of benchbench."""


def lint(*command: str) -> None:
    """Run a linter on the workflows; skip where it is not installed."""
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed")
    found = subprocess.run([*command, *map(str, WORKFLOWS)], capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr


def test_workflows_keep_githubs_schema() -> None:
    lint("check-jsonschema", "--builtin-schema", "vendor.github-workflows")


def test_workflows_are_sound_to_actionlint() -> None:
    lint("actionlint", "-shellcheck=")


def test_workflows_pass_the_security_audits() -> None:
    lint("zizmor", "--offline", "--quiet", "--no-config", "--min-severity", "low")


@TEXTS
def test_actions_are_pinned_to_a_commit(text: str) -> None:
    uses = re.findall(r"uses: *(\S+)(.*)", text)
    assert uses
    for action, version in uses:
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action), action
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", version), f"{action} does not say which version it is"


@TEXTS
def test_no_workflow_gives_write_rights_to_a_pull_requests_code(text: str) -> None:
    """Code runs in steps that are commands; a job that may write has none."""
    assert "pull_request_target" not in text
    assert re.search(r"^permissions:\n  contents: read\n", text, re.MULTILINE)
    jobs = re.split(r"^  (?=\w[\w-]*:$)", text.partition("\njobs:\n")[2], flags=re.MULTILINE)
    for job in jobs:
        assert not (": write" in job and re.search(r"\brun:", job))


@TEXTS
def test_every_step_is_a_command_that_exists(text: str) -> None:
    for step in re.findall(r"run: (.+)", text):
        words = step.split()
        if words[0] != "benchbench":
            assert step in STEPS
            continue
        names = [w for w in words[1:3] if not w.startswith("-")]
        help_text = CliRunner().invoke(main, [*names, "--help"])
        assert help_text.exit_code == 0, step
        for option in (w for w in words if w.startswith("--")):
            assert option in help_text.output, step
