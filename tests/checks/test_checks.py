"""The contract checks: good components keep every law, and each law is broken by a component that breaks no other."""

from __future__ import annotations

from pathlib import Path

import broken
import broken_models
import pytest
import toys

from benchbench import Model, PluginError, SpecError, checks
from benchbench.checks import Law, case_of, isolated, kind_of, selection
from benchbench.contracts.component import Component
from benchbench.processes import Limits, Pool

EVERY_LAW = [pytest.param(kind, law, id=f"{kind}-{law.name}") for kind, laws in checks.LAWS.items() for law in laws]


def statuses(component: Component) -> dict[str, str]:
    """Law -> kept, broken or skipped."""
    return {finding.law: finding.status for finding in checks.check(case_of(component))}


def broken_laws(component: Component) -> list[str]:
    return [law for law, status in statuses(component).items() if status == "broken"]


@pytest.mark.parametrize("component", [*broken.GOOD, toys.Darken(), toys.TinyConv(), toys.Peak()], ids=str)
def test_a_good_component_keeps_every_law(component: Component) -> None:
    assert broken_laws(component) == []


@pytest.mark.parametrize(("kind", "law"), EVERY_LAW)
def test_every_law_is_broken_by_a_component_that_breaks_no_other(kind: str, law: Law) -> None:
    culprit = broken.breaker(kind, law.name)
    assert broken_laws(culprit) == [law.name]


@pytest.mark.parametrize("precision", ["half", "double"])
def test_a_model_may_give_images_of_another_precision(precision: str) -> None:
    assert broken_laws(broken.SomeModel(precision)) == []


@pytest.mark.parametrize(("model", "law"), broken_models.SUBTLE, ids=lambda value: str(value))
def test_a_law_is_broken_where_that_is_easily_overlooked(model: Model, law: str) -> None:
    assert law in broken_laws(model)


@pytest.mark.parametrize(("kind", "law"), EVERY_LAW)
def test_every_law_is_one_sentence_with_a_way_out(kind: str, law: Law) -> None:
    assert law.statement.endswith(".")
    assert law.statement.count(". ") == 0
    assert law.way_out
    assert not law.way_out.endswith(".")
    assert [other.name for other in checks.LAWS[kind]].count(law.name) == 1


def test_a_broken_law_tells_evidence_with_numbers_and_the_way_out() -> None:
    case = case_of(broken.SomeModel("keeps-the-shape"))
    [finding] = [f for f in checks.check(case) if f.status == "broken"]
    assert finding.evidence == "the restored images have shape (4, 3, 32, 31), not (4, 3, 32, 32)"
    assert "crop" in finding.way_out
    assert (
        str(finding).splitlines()[0]
        == "keeps-the-shape: The images that come out have the shape of those that went in."
    )


def test_what_a_component_raises_is_evidence_with_its_own_line() -> None:
    case = case_of(broken.SomeDegradation("takes-any-size"))
    [finding] = [f for f in checks.check(case) if f.status == "broken"]
    assert finding.evidence.startswith("RuntimeError: pixel_unshuffle")
    assert "(broken.py, line " in finding.evidence


def test_after_an_essential_law_the_rest_is_not_tried() -> None:
    found = statuses(broken.SomeModel("keeps-the-shape"))
    order = list(found)
    after = order[order.index("keeps-the-shape") + 1 :]
    assert {found[law] for law in after} == {"skipped"}


def test_a_law_alone_looks_at_those_it_stands_on() -> None:
    case = case_of(broken.SomeModel("keeps-the-shape"))
    last = case.laws[-1]
    assert case.examine(last).evidence == "keeps-the-shape is broken"


def test_an_unavailable_component_is_skipped_with_its_reason() -> None:
    model = toys.Oracle()
    case = case_of(model, degradations=[toys.Grain()])
    case.degradations = (toys.Grain(),)  # no inverse here
    findings = list(checks.check(case))
    assert {f.status for f in findings[4:]} == {"skipped"}
    assert {f.evidence for f in findings[4:]} == {"grain has no ideal inverse"}


# ── which components a name means ────────────────────────────────────────────────────────────────────────────────────


def test_names_mean_specs_kinds_and_all() -> None:
    registry = toys.registry()
    everything, lacking = selection.choose(registry, ["all"])
    assert {kind_of(c) for c in everything} == set(checks.LAWS) - {checks.SETS}
    assert lacking == []
    models, _ = selection.choose(registry, ["models", "model", "identity"])
    assert [str(c) for c in models] == ["identity", "oracle", "tiny-conv"]
    assert selection.choose(registry, ["darken:0.5", "grain+darken"])[0] == [
        toys.Darken(factor=0.5),  # type: ignore[arg-type]
        registry.resolve("degradation", "grain+darken"),
    ]
    with pytest.raises(SpecError, match="unknown component 'identiti': did you mean 'identity'"):
        selection.choose(registry, ["identiti"])
    with pytest.raises(SpecError, match="grain: unknown parameter 'sigm'"):
        selection.choose(registry, ["grain:sigm=1"])


def test_a_file_that_brings_nothing_is_an_error() -> None:
    with pytest.raises(PluginError, match="brings no component"):
        selection.choose(toys.registry(), [], [Path("nothing.py")])


# ── in processes of their own ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_a_crash_and_a_hang_are_findings_and_the_others_are_checked(tmp_path: Path) -> None:
    from faulty import Faulty

    culprits = [Faulty("os._exit"), Faulty("hang"), broken.local_degradation(), toys.Peak()]
    with Pool(2, Limits(seconds=6)) as pool:
        found = {str(c): {f.law: f for f in fs} for c, fs in isolated.check_apart(culprits, 16, "cpu", [], pool)}
    assert "exit code 0, during builds-a-restorer" in found["faulty:deed=os._exit"]["survives"].evidence
    assert (
        "took longer than 6 s; --timeout allows it more, during builds-a-restorer"
        in found["faulty:deed=hang"]["survives"].evidence
    )
    assert found["local"]["can-be-pickled"].status == "broken"
    assert {f.status for f in found["peak"].values()} == {"kept"}
