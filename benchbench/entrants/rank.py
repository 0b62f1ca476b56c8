"""An entrant from its entry to its answer: installed, checked and run in a sandbox, vetted and ranked out here."""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from ..boards import collect
from ..boards.submissions import archive
from ..boards.submissions.merge import merge
from ..boards.submissions.recompute import UNCHECKED
from ..errors import BenchbenchError
from ..processes import Limits
from ..results.store import Result
from . import sandbox
from .answer import Answer, Placing, placing_of
from .entry import Entrant

WHOLE = 4
"""A check, and a run, of all models may each take so many times the limit of one trial."""
INSTALL_SECONDS, MOST_OUTPUT, LONGEST_ERROR = 900, 4_000_000, 300


class Finding(msgspec.Struct):
    """A law as `benchbench check --json` tells of it."""

    law: str
    status: str
    evidence: str = ""


class Checked(msgspec.Struct):
    """A component and its laws."""

    component: str
    laws: list[Finding]


@dataclass(frozen=True)
class Court:
    """How entrants are tried: by which runs, among which results, within which limits of each trial."""

    suite: Path
    runs: Path
    limits: Limits
    walled: bool


def rank(court: Court, entrant: Entrant, out: Path) -> Answer:
    """Try an entrant in a folder below `out` that goes at the end, and say where it stands."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".entrant-", dir=out, ignore_cleanup_errors=True) as work:
        return _Case(court, entrant, Path(work).resolve()).answer()


@dataclass
class _Case:
    court: Court
    entrant: Entrant
    work: Path
    problems: list[str] = field(default_factory=list)
    """What went wrong so far; the first ends the case."""
    packages: list[Path] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.work / "home"

    def answer(self) -> Answer:
        """Install, check, run and rank it."""
        self.home.mkdir()
        shutil.copyfile(self.court.suite, self.home / "suite.toml")
        if self.entrant.package:
            self._install()
        else:
            (self.home / self.entrant.plugin).write_bytes(self.entrant.source)
        checked = self._check()
        placings = self._placings() if checked and self._run() else []
        findings = [(each.component, finding) for each in checked for finding in each.laws]
        broken = [f"{name}: {f.law}: {f.evidence}" for name, f in findings if f.status == "broken"]
        kept, left_open = sum(f.status == "kept" for _, f in findings), () if self.court.walled else sandbox.UNCONTAINED
        return Answer(self.entrant.name, self.entrant.origin, kept, broken, placings, self.problems, left_open)

    def _install(self) -> None:
        """Fetch its package as wheels, of which no code runs here, nor any of this folder. What is installed stays."""
        package, folder, fixed = self.entrant.package, self.home / "packages", self.home / "constraints.txt"
        known = {d.metadata["Name"]: d.version for d in importlib.metadata.distributions()}
        fixed.write_text("".join(f"{name}=={version}\n" for name, version in known.items() if name))
        pip = [sys.executable, "-I", "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
        own = ["--only-binary", ":all:", "--prefix", str(folder), "--constraint", str(fixed), package]
        try:
            done = subprocess.run([*pip, *own], capture_output=True, text=True, timeout=INSTALL_SECONDS)
        except subprocess.TimeoutExpired:
            self.problems.append(f"{package} was not installed within {INSTALL_SECONDS} s")
            return
        if done.returncode:
            self.problems.append(f"{package} cannot be installed as wheels: {done.stderr.strip()[-LONGEST_ERROR:]}")
        self.packages = [path for kind in ("site-packages", "dist-packages") for path in folder.rglob(kind)]

    def _check(self) -> list[Checked]:
        """Hold the models against the laws; return what was found, nothing where that cannot be had."""
        text = "" if self.problems else self._command("check", *self.entrant.model, "--json")
        if self.problems and self.packages:
            self._command("list", "models")  # tells on its errors which plugins were left out, and why
            said = _start_of(self.work / f"list.txt{sandbox.ERRORS}").splitlines()
            self.problems += [line for line in said if " left out: " in line]
        try:
            return [] if self.problems else msgspec.json.decode(text, type=list[Checked])
        except (msgspec.DecodeError, RecursionError) as error:
            self.problems.append(f"check: its answer cannot be read: {error}")
            return []

    def _run(self) -> bool:
        """Train and score the models; return whether there may be results."""
        models = [word for model in self.entrant.model for word in ("--model", model)]
        self._command("run", "--suite", "suite.toml", *models, "--out", "runs", "--predictions", "--quiet")
        return (self.home / "runs").is_dir()

    def _command(self, word: str, *words: str) -> str:
        """Run a command of benchbench in the sandbox; return what it printed, and note what ended it."""
        limits, output = self.court.limits, self.work / f"{word}.txt"
        own = ["--plugin", str(self.home / self.entrant.plugin)] if self.entrant.plugin else []
        if word in ("check", "run"):
            own += ["--device", "cpu"] + ([] if limits.seconds is None else ["--timeout", f"{limits.seconds:g}"])
        whole = replace(limits, seconds=limits.seconds and WHOLE * limits.seconds)
        box = sandbox.Sandbox(self.home, whole, self.court.walled, self.packages)
        end = box.run([sys.executable, "-m", "benchbench", word, *words, *own], output)
        text, errors = (_start_of(path) for path in (output, Path(f"{output}{sandbox.ERRORS}")))
        if isinstance(end, str):
            self.problems.append(f"{word}: it was ended: {end}")
        elif end not in (0, 1):
            self.problems.append(f"{word}: exit code {end}: {(text + errors).strip()[-LONGEST_ERROR:]}")
        return text

    def _placings(self) -> list[Placing]:
        """Vet the results, put them beside those that are here, and find the entrant's models on the boards."""
        runs, there, together = self.home / "runs", self.court.runs, self.work / "results"
        for board in there.glob("*/*"):
            if board.is_dir() and (runs / board.relative_to(there)).is_dir():
                shutil.copytree(board, together / board.relative_to(there))
        verdicts = merge([runs], together, with_votes=False)  # which its code could write
        self.problems += [v.reason for v in verdicts if v.verdict == "refused" or v.reason.startswith(UNCHECKED)]
        names = {model.partition(":")[0] for model in self.entrant.model}
        own = [r for r in _results(runs) if r.record.trial.model.partition(":")[0] in names]
        at = min((r.rungs[-1] for r in own if r.rungs), default=None)
        try:
            boards = collect(together, at)[0]
        except BenchbenchError as error:  # no result of its own was taken in
            self.problems.append(str(error))
            return []
        models = dict.fromkeys(r.record.trial.model for r in own)
        return [s for board in boards for model in models if (s := placing_of(board, model))]


def _results(runs: Path) -> Iterator[Result]:
    """Read what can be read of a stranger's results."""
    for path in sorted(runs.rglob("result.json")):
        try:
            yield archive.read(path.parent)
        except (archive.Refused, OSError):
            continue


def _start_of(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(MOST_OUTPUT).decode(errors="replace")
