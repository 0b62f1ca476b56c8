"""Scores of whole sets: their standard errors, and what is said where there is none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import toys
from crowds import Crowded, Endless, Lumping, MeanGrey, Seldom
from jobs import Recorder, go
from restoring import CPU, TASK, restored_by
from toys import Peak

from benchbench.data.degraded import DegradedSet
from benchbench.evaluation.score import score
from benchbench.evaluation.sets import resamples
from benchbench.results.record import SetScore


@dataclass(frozen=True)
class Patient(MeanGrey):
    """Draws more sets."""

    name = "patient"
    draws = 4000


def scored(pairs: DegradedSet) -> SetScore:
    return score(restored_by(lambda x: x, pairs), pairs, [Patient()], TASK, CPU).sets["patient"]


def test_the_error_of_a_mean_is_what_theory_says(pairs: DegradedSet) -> None:
    """Whose standard error is the deviation over the root of the number; sets drawn with replacement have n − 1."""
    found = scored(pairs)
    darker = (pairs.degraded.double() - pairs.clean.double()).mean((1, 2, 3)).numpy() / 255
    assert found.value == pytest.approx(darker.mean(), rel=1e-4)
    assert found.error == pytest.approx(darker.std() / len(darker) ** 0.5, rel=0.04)
    assert found.n == len(pairs)


def test_images_of_one_person_count_as_one(pairs: DegradedSet) -> None:
    """Each image twice, as one person's, tells as much as once; as two persons' it would seem to tell more."""
    twice = [i for i in range(len(pairs)) for _ in range(2)]
    doubled = DegradedSet(
        [f"{pairs.ids[i]}-{n}" for n, i in enumerate(twice)],
        *(None if t is None else t[twice] for t in (pairs.clean, pairs.degraded, pairs.region, pairs.face)),  # type: ignore[arg-type]
        {name: value[twice] for name, value in pairs.truth.items()},
        twice,
    )
    once, together, apart = scored(pairs), scored(doubled), scored(replace(doubled, persons=()))
    assert together.value == pytest.approx(once.value)
    assert together.error == pytest.approx(once.error)
    assert apart.error == pytest.approx(once.error / 2**0.5, rel=0.05)


def test_a_person_drawn_comes_with_all_its_images() -> None:
    for rows in resamples([7, 3, 7, 5], 20):
        assert (rows == 0).sum() == (rows == 2).sum()
    drawn = [rows.tolist() for rows in resamples([7, 3, 7, 5], 20)]
    assert drawn == [rows.tolist() for rows in resamples([7, 3, 7, 5], 20)]  # the same for all models
    assert len({len(rows) for rows in drawn}) > 1


def test_what_cannot_be_scored_says_why_and_the_others_stand(pairs: DegradedSet) -> None:
    metrics = [Crowded(), Endless(), Lumping(), MeanGrey(), Peak(), Seldom()]
    found = score(restored_by(lambda x: x, pairs), pairs, metrics, TASK, CPU)
    assert {name: s.n for name, s in found.sets.items()} == {"mean-grey": len(pairs), "seldom": len(pairs) // 2}
    assert list(found.table) == ["peak", "peak@face"]
    assert found.unavailable["crowded"] == f"needs at least 10000 test images, these are {len(pairs)}"
    assert "inf" in found.unavailable["endless"]
    assert "(1,)" in found.unavailable["lumping"]


def test_it_is_added_later_as_if_it_had_been_asked_for_at_once(tmp_path: Path) -> None:
    """At the last rung, that is; without training, and not again and again where there are too few images."""
    registry, recorder = toys.registry("crowds"), Recorder()
    both = ("peak", "mean-grey", "crowded")
    first = go(tmp_path / "both", registry=registry, model=("tiny-conv",), metric=both).results[0]
    assert all(rung.set_scores.keys() == {"mean-grey"} for rung in first.rungs)
    assert first.rungs[-1].set_scores == first.set_scores
    assert first.scores.keys() == {"peak", "peak@face"}
    go(tmp_path, recorder, registry, model=("tiny-conv",), metric=("peak",))
    for _ in range(2):
        later = go(tmp_path, recorder, registry, model=("tiny-conv",), metric=both).results[0]
    assert later.set_scores == later.rungs[-1].set_scores == first.set_scores
    assert recorder.plans == [(1, 1), (1, 1), (1, 0)]
