"""Compiled training steps: the same training up to rounding, and its own to the bit."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from jobs import Recorder, go
from torch import Tensor
from trainings import Dropping, same, trainer

from benchbench import training

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("g++"), reason="torch.compile needs a C++ compiler"),
    pytest.mark.filterwarnings("ignore:::torch"),  # which warns of itself while it compiles
]


def test_a_compiled_training_is_the_same_up_to_rounding(cache: Path) -> None:
    as_written, compiled = (trainer(cache, compiled=each).run() for each in (False, True))
    assert [list(row) for row in compiled.history] == [list(row) for row in as_written.history]
    for ours, reference in zip(compiled.history, as_written.history, strict=True):
        assert ours["train_loss"] == pytest.approx(reference["train_loss"], rel=0.02)
        assert ours["validation_psnr"] == pytest.approx(reference["validation_psnr"], abs=0.1)


def test_steps_are_compiled_and_validations_are_not(cache: Path) -> None:
    from torch._dynamo.utils import counters

    torch.compiler.reset()
    counters.clear()
    compiled = trainer(cache, compiled=True)
    compiled._validate()
    assert not counters["stats"]["unique_graphs"]
    compiled.step()
    assert counters["stats"]["unique_graphs"] == 1


def test_a_compiled_training_that_was_stopped_goes_on_to_the_bit(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = trainer(cache, Dropping(), "2epochs", compiled=True).run()
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", -1.0)  # a checkpoint at every step
    interrupted = trainer(cache, Dropping(), "2epochs", compiled=True)
    step = interrupted.step

    def until() -> Tensor:
        if interrupted.state.step == 3:
            raise KeyboardInterrupt
        return step()

    monkeypatch.setattr(interrupted, "step", until)
    with pytest.raises(KeyboardInterrupt):
        interrupted.run()
    resumed = trainer(cache, Dropping(), "2epochs", compiled=True).run()
    assert same(list(whole.module.state_dict().values()), list(resumed.module.state_dict().values()))


def test_a_compiled_run_is_another_result_of_trained_models_only(tmp_path: Path) -> None:
    recorder = Recorder()
    as_written = go(tmp_path, recorder, model=("identity", "tiny-conv"))
    compiled = go(tmp_path, recorder, model=("identity", "tiny-conv"), compile=True)
    again = go(tmp_path, recorder, model=("identity", "tiny-conv"), compile=True)
    assert recorder.plans == [(2, 2), (2, 1), (2, 0)]
    assert [r["trial"].get("compiled", False) for r in compiled.results] == [False, True]
    assert compiled.results == again.results
    assert compiled.results[0] == as_written.results[0]
    assert compiled.results[1]["scores"]["peak"]["mean"] == pytest.approx(
        as_written.results[1]["scores"]["peak"]["mean"], abs=0.2
    )
    assert not compiled.problems
