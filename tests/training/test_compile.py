"""Compiled training steps: the same training up to rounding, and its own to the bit."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from jobs import Recorder, go
from torch import nn
from trainings import CPU, Dropping, anew, interrupt, same, trainer

from benchbench import SpecError
from benchbench.boards import collect
from benchbench.checks.learning import take_a_step
from benchbench.checks.model_case import ModelCase
from benchbench.cli import main
from benchbench.registry import registry
from benchbench.training.compile import compile_module

REGISTRY = registry.registry()
TRAINED = [name for name, model in REGISTRY.of("model").items() if model.recipe is not None]


@pytest.mark.parametrize("name", TRAINED)
def test_every_built_in_training_calls_what_is_compiled(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    called = []

    def compile_in_vain(module: nn.Module, **_: object) -> None:
        module._compiled_call_impl = lambda *a, **k: called.append(module) or module._call_impl(*a, **k)

    monkeypatch.setattr(nn.Module, "compile", compile_in_vain)
    model = REGISTRY.resolve("model", name)
    case = ModelCase(model, (), degradations=(REGISTRY.resolve("degradation", "swirl"),), size=32)
    module = case.built()
    compile_module(module, CPU)
    take_a_step(case, module, case.batch())
    assert called


def test_without_a_compiler_one_line_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "/nonexistent/g++")
    with pytest.raises(SpecError, match=r"--compile needs a C\+\+ compiler, and /nonexistent/g\+\+ is not there"):
        go(tmp_path / "out", model=("tiny-conv",), compile=True)
    assert not (tmp_path / "out").exists()
    done = CliRunner().invoke(main, ["run", "--overfit-one", "--compile"])
    assert done.exit_code == 2
    assert "leave --compile out" in done.output


# ── with a compiler ──────────────────────────────────────────────────────────────────────────────────────────────────


def compiler(test: Callable[..., None]) -> Callable[..., None]:
    """Marks a test that compiles."""
    test = pytest.mark.filterwarnings("ignore:::torch")(test)  # which warns of itself meanwhile
    return pytest.mark.slow(pytest.mark.skipif(not shutil.which("g++"), reason="needs a C++ compiler")(test))


@compiler
def test_a_compiled_training_is_the_same_up_to_rounding(cache: Path) -> None:
    as_written, compiled = (trainer(cache, compiled=each).run(anew(cache)) for each in (False, True))
    assert [list(row) for row in compiled.history] == [list(row) for row in as_written.history]
    for ours, reference in zip(compiled.history, as_written.history, strict=True):
        assert ours["train_loss"] == pytest.approx(reference["train_loss"], rel=0.02)
        assert ours["validation_psnr"] == pytest.approx(reference["validation_psnr"], abs=0.1)


@compiler
def test_steps_are_compiled_and_validations_are_not(cache: Path) -> None:
    from torch._dynamo.utils import counters

    torch.compiler.reset()
    counters.clear()
    compiled = trainer(cache, compiled=True)
    compiled._validate()
    assert not counters["stats"]["unique_graphs"]
    compiled.step()
    assert counters["stats"]["unique_graphs"] == 1


@compiler
def test_a_compiled_training_that_was_stopped_goes_on_to_the_bit(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = trainer(cache, Dropping(), "2epochs", compiled=True).run(anew(cache))
    interrupt(trainer(cache, Dropping(), "2epochs", compiled=True), anew(cache), 3, monkeypatch)
    resumed = trainer(cache, Dropping(), "2epochs", compiled=True).run(cache / "checkpoint")
    assert same(list(whole.module.state_dict().values()), list(resumed.module.state_dict().values()))


@compiler
def test_a_compiled_run_is_another_result_of_trained_models_only(tmp_path: Path) -> None:
    recorder = Recorder()
    as_written = go(tmp_path, recorder, model=("identity", "tiny-conv"))
    compiled = go(tmp_path, recorder, model=("identity", "tiny-conv"), compile=True)
    again = go(tmp_path, recorder, model=("identity", "tiny-conv"), compile=True)
    assert recorder.plans == [(2, 2), (2, 1), (2, 0)]
    assert [r.trial.compiled for r in compiled.results] == [False, True]
    assert compiled.results == again.results
    assert compiled.results[0] == as_written.results[0]
    means = [report.results[1].scores["peak"].mean for report in (compiled, as_written)]
    assert means[0] == pytest.approx(means[1], abs=0.2)
    assert not compiled.problems
    assert [b.setting.training for b in collect(tmp_path)[0]] == ["any-time", "any-time, compiled"]
