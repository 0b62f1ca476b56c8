"""Metrics asked for later: they are added to stored results, which lose nothing and are not trained again."""

from __future__ import annotations

from pathlib import Path

import faulty
import pytest
import toys
from jobs import Recorder, go, scores, statuses


def test_a_metric_asked_for_later_is_added_without_training(tmp_path: Path) -> None:
    go(tmp_path, model=("tiny-conv",), metric=("peak",))
    history = next(tmp_path.rglob("history.csv")).read_text()
    later = go(tmp_path, model=("tiny-conv",))
    assert next(tmp_path.rglob("history.csv")).read_text() == history
    both = go(tmp_path / "both", model=("tiny-conv",))
    assert scores(later) == scores(both)
    assert later.results[0].training.steps == both.results[0].training.steps


@pytest.mark.parametrize("model", ["identity", "oracle", "tiny-conv"])
def test_fewer_metrics_take_none_away_and_more_are_added(tmp_path: Path, model: str) -> None:
    both = go(tmp_path / "both", model=(model,))
    for metric in ("mean-error", "peak", "mean-error"):
        later = go(tmp_path, model=(model,), metric=(metric,))
    assert statuses(later) == {model: "scored"}
    assert scores(later) == scores(both)


def test_where_it_was_trained_stays_when_metrics_are_added(tmp_path: Path) -> None:
    first = go(tmp_path, model=("tiny-conv",), metric=("peak",)).results[0]
    later = go(tmp_path, model=("tiny-conv",)).results[0]
    assert (later.timing, later.environment, later.training) == (first.timing, first.environment, first.training)


def test_a_metric_that_can_be_had_now_is_added(tmp_path: Path) -> None:
    weights = tmp_path / "weights"
    metric = f"weighted:weights={weights}"
    request = {"model": ("identity",), "metric": ("peak", metric)}
    recorder = Recorder()
    found = go(tmp_path, recorder, **request).results[0].metrics[metric]
    assert found.unavailable == f"needs {weights}"
    go(tmp_path, recorder, **request)
    weights.touch()
    assert go(tmp_path, recorder, **request).results[0].scores[metric].mean == 1
    assert recorder.plans == [(1, 1), (1, 0), (1, 1)]


def test_what_the_data_lack_is_not_asked_for_again(tmp_path: Path) -> None:
    """A metric of regions, on images without masks and a degradation without a region."""
    recorder = Recorder()
    for _ in range(2):
        report = go(
            tmp_path,
            recorder,
            toys.registry("regional"),
            dataset=("toy-faces:masked=false",),
            metric=("peak", "inside"),
        )
    assert "needs face masks" in report.results[0].metrics["inside"].unavailable
    assert recorder.plans[1][1] == 0


def test_new_metrics_tell_no_hook_of_epochs_again(tmp_path: Path) -> None:
    faulty.heard.clear()
    recorder = Recorder()
    for metric in (("peak",), ("peak", "mean-error")):
        go(tmp_path, recorder, model=("tiny-conv",), budget="3epochs", metric=metric)
    assert [kind for kind, _ in faulty.heard].count("epoch") == 1
    assert recorder.scored == [0, 1]
