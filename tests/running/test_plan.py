"""The plan: which components, which trials, and which of them are done."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import results
import toys

from benchbench import DataError, Range, SpecError, protocol
from benchbench.contracts.budget import Budget
from benchbench.contracts.degradation import Degradation
from benchbench.contracts.digests import component_digest
from benchbench.contracts.metric import Metric
from benchbench.contracts.model import Model
from benchbench.data.prepared import PreparedDataset
from benchbench.registry.registry import registry as real_registry
from benchbench.results import store
from benchbench.results.trial import Trial, key_of
from benchbench.running import plan
from benchbench.running.listeners import Listener
from benchbench.running.request import RunRequest

REGISTRY = toys.registry()
QUICK = Budget.parse("quick")
DATA = toys.unread(Path("cache"))

# ── choosing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def chosen(kind: str, *texts: str) -> list[str]:
    return [str(component) for component in plan.choose(REGISTRY, kind, texts)]


def test_all_stands_for_every_component_of_the_kind() -> None:
    assert chosen("model", "all") == ["identity", "oracle", "tiny-conv"]


def test_without_a_spec_the_defaults_are_chosen() -> None:
    assert chosen("degradation") == ["darken"]
    assert chosen("dataset") == ["toy-faces"]


def test_no_default_is_an_error_that_says_where_to_look() -> None:
    with pytest.raises(SpecError, match="no model was chosen; `benchbench list`"):
        chosen("model")


def test_the_order_is_that_of_the_command_and_repeats_count_once() -> None:
    texts = ["grain:0.2", "darken", "grain:sigma=0.20", "grain", "darken:factor=0.3..0.7"]
    assert chosen("degradation", *texts) == ["grain:sigma=0.2", "darken", "grain"]
    assert chosen("degradation", "grain", "all", "grain:0.2") == ["grain", "darken", "grain:sigma=0.2"]


def test_chains_are_chosen_like_any_other() -> None:
    assert chosen("degradation", "grain+darken:0.5") == ["grain+darken:factor=0.5"]


def test_an_unknown_name_is_an_error_with_close_matches() -> None:
    with pytest.raises(SpecError, match="unknown model 'tiny-cnv': did you mean 'tiny-conv'"):
        chosen("model", "all", "tiny-cnv")


def test_all_leaves_out_what_cannot_be_made_without_a_value(write_module: Callable[[str, str], Path]) -> None:
    write_module(
        "needy_plugin",
        """
        from dataclasses import dataclass
        from benchbench import Metric, hookimpl, param

        @hookimpl
        def benchbench_metrics():
            return [Needy]

        @dataclass(frozen=True)
        class Needy(Metric):
            name = "needy"
            higher_is_better = True
            path: str = param(help="a file")

            def __call__(self, restored, clean, region=None):
                return restored.flatten(1).mean(1)
        """,
    )
    registry = toys.registry("needy_plugin")
    assert registry.failures == []
    for texts in (["all"], [], ["default"]):
        assert [str(m) for m in plan.choose(registry, "metric", texts)] == ["mean-error", "peak"]
    assert [str(m) for m in plan.choose(registry, "metric", ["peak", "default"])] == ["peak", "mean-error"]
    assert [str(m) for m in plan.choose(registry, "metric", ["needy:path=x"])] == ["needy:path=x"]


def test_slow_metrics_are_taken_only_if_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen("metric") == chosen("metric", "all") == ["mean-error", "peak"]
    monkeypatch.setattr(toys.Peak, "default", False)
    assert chosen("metric") == ["mean-error"]
    assert chosen("metric", "all") == ["mean-error", "peak"]


# ── the grid ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def grid(
    data: Sequence[PreparedDataset] = (DATA,),
    degradations: Sequence[Degradation] = (toys.Darken(),),
    models: Sequence[Model] = (toys.TinyConv(),),
    **options: Any,
) -> list[Trial]:
    return plan.trials(REGISTRY, RunRequest(**options), data, degradations, models)


def test_every_model_meets_every_degradation_on_every_data_set() -> None:
    other = toys.unread(Path("cache2"), "other", "beef", 32)
    degradations: list[Degradation] = [toys.Grain(), toys.Darken()]
    models: list[Model] = [toys.TinyConv(), toys.Oracle(), toys.Identity()]
    trials = grid(data=[DATA, other], degradations=degradations, models=models)
    assert [(t.dataset, str(t.degradation), str(t.model)) for t in trials] == [
        (dataset, degradation, model)
        for dataset in ("toy-faces", "other")
        for degradation in ("grain", "darken")
        for model in ("oracle", "identity", "tiny-conv")  # what needs no training comes first
    ]
    assert {(t.fingerprint, t.size, t.data) for t in trials} == {
        ("f00d", 16, Path("cache")), ("beef", 32, Path("cache2")),
    }  # fmt: skip
    assert len({t.key for t in trials}) == len(trials)


def test_models_without_training_have_neither_seed_nor_budget() -> None:
    trials = grid(models=[toys.TinyConv(), toys.Identity()], seed=[3, 1])
    assert [(str(t.model), t.seed, t.budget) for t in trials] == [
        ("identity", None, None), ("tiny-conv", 3, QUICK), ("tiny-conv", 1, QUICK),
    ]  # fmt: skip


def test_a_seed_counts_once() -> None:
    assert [t.seed for t in grid(seed=[2, 0, 2, 2, 0])] == [2, 0]


def test_a_trial_knows_who_brought_its_components() -> None:
    [trial] = grid(degradations=[REGISTRY.resolve("degradation", "grain+darken")])
    assert [o["plugin"] for o in trial.origin["degradation"]] == ["test.toys"]
    assert [o["plugin"] for o in trial.origin["model"]] == ["test.toys"]


def test_all_budgets_but_the_recipe_are_one_trial() -> None:
    assert grid()[0].key == grid(budget="5TFLOP")[0].key == grid(budget="3epochs")[0].key
    assert grid()[0].key != grid(budget="recipe")[0].key


@pytest.mark.parametrize(
    "change",
    [{"seed": [1]}, {"degradations": [toys.Darken(Range(0.3, 0.71))]}, {"degradations": [toys.Darken(region="face")]},
     {"models": [toys.Identity()]}, {"data": [toys.unread(Path("cache"), fingerprint="beef")]},
     {"data": [toys.unread(Path("cache"), size=17)]}, {"threads": 2}],
)  # fmt: skip
def test_what_determines_a_result_changes_its_key(change: dict[str, Any]) -> None:
    assert grid(**change)[0].key != grid()[0].key


def test_a_training_that_was_compiled_or_tuned_is_another_result_and_its_key_can_be_checked() -> None:
    [trial], [compiled], [tuned] = grid(), grid(compile=True), grid(tune=True)
    assert len({trial.key, compiled.key, tuned.key}) == 3
    assert trial.key == dataclasses.replace(compiled, compiled=False).key
    for each in (trial, compiled, tuned):
        assert key_of(each.facts, protocol.VERSION) == each.key
    assert not grid(models=[toys.Identity()], tune=True)[0].tuned


# ── what is done ─────────────────────────────────────────────────────────────────────────────────────────────────────

METRICS: list[Metric] = [toys.Peak(), toys.MeanError()]


def publish(trial: Trial, out: Path, metrics: list[Metric], status: str = "scored") -> Path:
    """A stored result of this trial with these metrics."""
    facts = {str(m): {**results.metric(), "digest": component_digest(m)} for m in metrics}
    return results.publish(trial.folder(out), trial.describe(), status=status, metrics=facts, samples=b"a picture")


def is_done(trial: Trial, out: Path, metrics: list[Metric]) -> bool:
    return plan.is_done(dataclasses.replace(trial, metrics=tuple(metrics)), out)


def test_a_trial_is_done_when_a_whole_result_has_all_the_metrics(tmp_path: Path) -> None:
    [trial] = grid()
    assert not is_done(trial, tmp_path, METRICS)
    folder = publish(trial, tmp_path, METRICS)
    assert is_done(trial, tmp_path, METRICS)
    assert is_done(trial, tmp_path, METRICS[:1])
    assert not is_done(grid(seed=[1])[0], tmp_path, METRICS)
    (folder / store.SAMPLES).write_bytes(b"another picture")
    assert not is_done(trial, tmp_path, METRICS)


@pytest.mark.parametrize(
    ("budget", "done"),
    [("5TFLOP", True), ("4TFLOP", True), ("6TFLOP", False), ("3epochs", True), ("4epochs", False), ("72images", True),
     ("80images", False), ("1s", True), ("1.5s", False), ("recipe", False)],
)  # fmt: skip
def test_a_trial_is_done_when_it_was_trained_as_far_or_further(budget: str, done: bool, tmp_path: Path) -> None:
    publish(grid()[0], tmp_path, METRICS)
    assert is_done(grid(budget=budget)[0], tmp_path, METRICS) is done


def test_a_trial_that_lacks_a_metric_is_not_done(tmp_path: Path) -> None:
    [trial] = grid()
    publish(trial, tmp_path, METRICS[:1])
    assert is_done(trial, tmp_path, METRICS[:1])
    assert not is_done(trial, tmp_path, METRICS)


def test_two_data_sets_of_the_same_images_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their trials would have one key."""
    monkeypatch.setattr(plan, "_prepare", lambda dataset, *_: toys.unread(Path("cache"), dataset, size=64))
    with pytest.raises(DataError, match="photos and tar-photos hold the same images: give one of them"):
        plan.prepare_data(["photos", "tar-photos"], 64, Path("cache"))  # type: ignore[list-item]


@pytest.mark.parametrize("status", ["failed", "skipped"])
def test_failed_and_skipped_trials_are_tried_again(status: str, tmp_path: Path) -> None:
    [trial] = grid()
    publish(trial, tmp_path, METRICS, status)
    assert not is_done(trial, tmp_path, METRICS)
    assert not is_done(trial, tmp_path, [])


# ── codecs ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **options: Any) -> dict[str, list[str]]:
    """Degradation -> models that a request of all the real components plans."""
    monkeypatch.setattr(plan, "prepare_data", lambda *_: [DATA])
    request = RunRequest(dataset=["faces"], metric=["psnr"], **options)
    trials, _ = plan.plan(real_registry(), request, Listener(), [tmp_path])
    found: dict[str, list[str]] = {}
    for trial in trials:
        found.setdefault(str(trial.degradation), []).append(str(trial.model))
    return found


def test_codecs_are_planned_where_nothing_is_degraded_and_restorers_where_something_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = planned(tmp_path, monkeypatch, degradation=["pixelate", "none", "none+none"], model=["all"])
    assert found == planned(tmp_path, monkeypatch, degradation=["pixelate", "none", "none+none"], model=["default"])
    restored, stored = set(found["pixelate"]), set(found["none"])
    assert {"identity", "unet", "cvae", "dcgan"} <= restored
    assert {"jpeg:quality=10", "webp:quality=10", "cvae:step=0.25", "cvae:step=2", "identity"} <= stored
    assert not {model for model in restored if model.startswith(("jpeg", "webp", "avif", "pca", "hyperprior"))}
    assert not {"unet", "median"} & stored
    assert found["none+none"] == found["none"]


def test_the_codec_that_others_are_compared_with_joins_them_at_all_its_rates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = planned(tmp_path, monkeypatch, degradation=["none", "pixelate"], model=["webp:quality=7"])
    rates = [f"jpeg:quality={quality}" for quality in real_registry().of("model")["jpeg"].rates["quality"]]
    assert found == {
        "none": ["webp:quality=7", "identity", *rates, "oracle"],
        "pixelate": ["webp:quality=7", "identity", "oracle"],
    }
    alone = planned(tmp_path, monkeypatch, degradation=["none"], model=["webp:quality=7"], with_references=False)
    assert alone == {"none": ["webp:quality=7"]}


@pytest.mark.parametrize(
    ("model", "degradation", "reason"),
    [("jpeg", "pixelate", "it compresses; it is scored where nothing is degraded"),
     ("pca:components=8", "pixelate+none", "it compresses; it is scored where nothing is degraded"),
     ("unet", "none", "it restores, and nothing is degraded here"), ("cvae", "pixelate", None), ("cvae", "none", None),
     ("jpeg", "none", None), ("identity", "none", None), ("oracle", "none", None)],
)  # fmt: skip
def test_a_model_out_of_place_says_why(model: str, degradation: str, reason: str | None) -> None:
    registry = real_registry()
    found = registry.resolve("model", model).misplaced(registry.resolve("degradation", degradation))
    assert found == reason if reason is None else found.startswith(reason)


def test_a_trial_tells_what_is_no_part_of_its_key() -> None:
    registry = real_registry()
    codec, none = registry.resolve("model", "pca:components=8,step=0.02"), registry.resolve("degradation", "none")
    [trial] = plan.trials(registry, RunRequest(), [DATA], [none], [codec])
    assert (trial.facts.degrades, trial.facts.codec) == (False, "pca:components=8")
    assert key_of(trial.facts, protocol.VERSION) == trial.key
    [other] = grid()
    assert (other.facts.degrades, other.facts.codec) == (True, "")
