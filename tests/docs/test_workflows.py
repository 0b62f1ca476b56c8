"""The workflows: valid, pinned, and with no more rights than they need; and every step works on any machine."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
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
    "cp -r leaderboards/results/published.toml leaderboards/results/votes made/results",
    "git worktree add before HEAD^1",
    "python -m pip install ./before",
    "sudo apt-get install --yes bubblewrap",
    "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0",
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
    for step in re.findall(r"^ +(?:- )?run: (.+)", text, re.MULTILINE):
        words = step.split()
        if words[0] != "benchbench":
            assert step in STEPS
            continue
        names = [w for w in words[1:3] if not w.startswith("-")]
        help_text = CliRunner().invoke(main, [*names, "--help"])
        assert help_text.exit_code == 0, step
        for option in (w for w in words if w.startswith("--")):
            assert option in help_text.output, step


FAKES = """
const context = { repo: { owner: 'o', repo: 'r' }, payload: { workflow_run: {
  head_sha: 'abc', head_branch: 'mine', head_repository: { owner: { login: 'me' } } } } };
const pulls = [{ number: 1, head: { sha: 'abc' } }, { number: 2, head: { sha: 'other' } }];
const said = [];
const github = { rest: { pulls: { list: async () => ({ data: pulls }) },
                         issues: { createComment: async (comment) => said.push(comment) } } };
(async () => {
"""


def answers(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the script that comments on a pull request, with a GitHub that only notes what it is told."""
    if not (node := shutil.which("node")):
        pytest.skip("node is not installed")
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "answer.yml").read_text(encoding="utf-8"))
    script = workflow["jobs"]["answer"]["steps"][-1]["with"]["script"]
    text = f"{FAKES}{script}\nconsole.log(JSON.stringify(said)); }})();"
    return subprocess.run([node, "-e", text], cwd=folder, capture_output=True, text=True, encoding="utf-8")


def test_an_answer_is_text_and_comes_to_the_pull_request_that_was_run(tmp_path: Path) -> None:
    file = tmp_path / "ranked" / "comment.md"
    file.parent.mkdir()
    file.write_text(
        "| a | b |\n<img src=x> [x](//evil) ![y][z] \\[q](r) @all &#64;all https://evil www.evil.org #12 &lt;ok\u202e",
        encoding="utf-8",
    )
    [said] = json.loads(answers(tmp_path).stdout)
    assert said["issue_number"] == 1
    assert "| a | b |\n" in said["body"]
    assert not re.search(r"<|(?<!\\)\[|@(?!\u200b)|&#|://|www\.|#1|\u202e", said["body"])
    assert "&lt;ok" in said["body"]


def test_an_answer_that_is_no_small_file_is_not_given(tmp_path: Path) -> None:
    file, secret = tmp_path / "ranked" / "comment.md", tmp_path / "secret"
    file.parent.mkdir()
    secret.write_text("token")
    file.symlink_to(secret)
    assert answers(tmp_path).stdout == ""
    file.unlink()
    file.write_text("x" * 100_001)
    assert answers(tmp_path).stdout == ""
