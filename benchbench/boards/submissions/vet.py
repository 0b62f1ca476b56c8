"""What a result from elsewhere has to pass before it may stand on a board. Each check raises Refused with its reason.

None of this proves that a model did what its result says: only scores recomputed from its restored images do that, and
they are recomputed where those images are included and the data is at hand.
"""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ...data.prepared import PreparedDataset
from ...errors import one_line
from ...files import json_text, write_json
from ...results import store
from ...results.record import plain
from ...results.store import Result
from ..board import collect
from ..markdown.board import section
from ..view import view_of
from ..write import as_json
from . import claims
from .archive import Refused
from .datasets import portraits
from .recompute import recompute

if TYPE_CHECKING:
    import pandas as pd

RELATIVE = 1e-9
"""How far a mean may be from that of its column: the order of a sum, no more."""


def vet(result: Result, standing: Sequence[Result]) -> str:
    """What is known of the scores of a result. Raises Refused if it may not join those `standing`."""
    claims.check(result, standing)
    data = _check_data(result, standing)
    if result.status != "scored":
        _check_boards(result)
        return f"{result.status}, so there is nothing to recompute"
    table = _check_scores(result)
    _check_images(result, table, data, standing)
    _check_boards(result)
    return recompute(result, table, data)


def _check_data(result: Result, standing: Iterable[Result]) -> PreparedDataset | str:
    """The data set, or why it cannot be had. Raises Refused if the result was made with other data of that name."""
    trial = result.record.trial
    for other in standing:
        known = other.record.trial
        if (known.dataset, known.size) != (trial.dataset, trial.size):
            continue
        if known.fingerprint != trial.fingerprint:
            raise Refused(
                f"its data is {trial.fingerprint}, that of the results here {known.fingerprint}: not the same "
                f"{trial.dataset} at {trial.size} px"
            )
    return portraits(trial.dataset, trial.size, trial.fingerprint)


def _check_scores(result: Result) -> pd.DataFrame:
    """The per-image scores. Raises Refused unless every mean in the result is that of its column."""
    from ...evaluation.score import means

    try:
        table = store.read_scores(result.folder)
        found = means(table)
    except (OSError, ValueError, TypeError, KeyError, ArithmeticError) as error:
        raise Refused(f"{store.SCORES} cannot be read: {one_line(error, 120)}") from error
    stated = result.record.scores
    if differing := sorted(found.keys() ^ stated.keys()):
        raise Refused(f"{differing[0][:80]} is in {'the table' if differing[0] in found else 'the summary'} only")
    metrics = result.record.metrics
    for name, facts in found.items():
        if name.removesuffix("@region").removesuffix("@face") not in metrics:
            raise Refused(f"it scores {name[:80]}, a metric that it does not describe")
        for fact, value in facts.items():
            if not _is_close(told := getattr(stated[name], fact), value):
                raise Refused(f"{fact} of {name} is {told} in its summary, {value} by its images")
    return table


def _test_set_of(result: Result) -> tuple[str, str]:
    return result.record.trial.fingerprint, result.record.trial.degradation


def _is_close(stated: float, value: float) -> bool:
    if math.isnan(stated) and math.isnan(value):  # there is no deviation where some images are perfect
        return True
    return stated == value or math.isclose(stated, value, rel_tol=RELATIVE, abs_tol=1e-12)


def _check_images(result: Result, table: pd.DataFrame, data: PreparedDataset | str, standing: Iterable[Result]) -> None:
    """Raises Refused unless the scores are those of the test images of the data, each once."""
    ids = [str(i) for i in table.index]
    if isinstance(data, PreparedDataset):
        expected = [data.ids[i] for i in data.indices("test")]
        unchanged = result.record.data.unchanged if result.record.data else 0
        as_expected = set(ids) <= set(expected) and len(ids) + unchanged == len(expected)
    else:
        same = [r for r in standing if r.status == "scored" and _test_set_of(r) == _test_set_of(result)]
        expected = [str(i) for i in store.read_scores(same[0].folder).index] if same else ids
        as_expected = set(ids) == set(expected)
    if len(set(ids)) != len(ids) or not as_expected:
        strange = sorted(set(ids) ^ set(expected)) or ids
        raise Refused(
            f"it is not scored on the test images: {len(ids)} instead of {len(expected)}, see {strange[0][:80]!r}"
        )


def _check_boards(result: Result) -> None:
    """Raises Refused unless boards can be made of the result: what is odd in it comes out here, not in them."""
    with tempfile.TemporaryDirectory() as folder:
        path = place(result, Path(folder))
        path.mkdir(parents=True)
        kept = {name: sum for name, sum in result.record.files.items() if name == store.SCORES}
        for name in kept:
            shutil.copyfile(result.folder / name, path / name)
        write_json(path / store.RESULT, plain(replace(result.record, files=kept)))
        try:
            boards, problems = collect(Path(folder))
            for board in boards:
                json_text(as_json(board)), section(view_of(board), {})
        except Exception as error:  # types and values that no check foresees
            raise Refused(f"no board can be made of it: {one_line(error, 160)}") from error
    if problems:
        raise Refused(problems[0].replace(str(folder), "…"))


def place(result: Result, out: Path) -> Path:
    """Where a result belongs under `out`, by what it says of itself, whatever its folder was called."""
    trial = result.record.trial
    return out.joinpath(*map(store.slug, (trial.dataset, trial.degradation, trial.model)), result.record.key)
