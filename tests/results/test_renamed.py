"""Results that stand with the old names of metrics are read with today's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import results
from hypothesis import given
from hypothesis import strategies as st

from benchbench.boards import collect
from benchbench.boards.write import as_json
from benchbench.contracts.specs import NAME
from benchbench.errors import SpecError
from benchbench.registry.registry import registry
from benchbench.results import store
from benchbench.results.record import parse, plain
from benchbench.results.renamed import RENAMED, current_name, with_current_names

OLD = st.sampled_from(sorted(RENAMED))
REST = st.sampled_from(["", "@region", "@face", ":perceptual=0", ":ssim=1,perceptual=0.1", ":word=vif@face"])


@given(OLD, REST)
def test_an_old_name_becomes_todays_and_keeps_its_region_and_parameters(old: str, rest: str) -> None:
    assert current_name(old + rest) == old.replace("_", "-") + rest


@given(st.text() | st.builds("{}{}".format, OLD | st.from_regex(NAME, fullmatch=True), REST))
def test_todays_names_stay(text: str) -> None:
    assert current_name(current_name(text)) == current_name(text)


@pytest.mark.parametrize("name", ["psnr", "my_hue_shift", "hue_shift_2", "ms_ssim_5", "identity-similarity"])
def test_other_names_stay(name: str) -> None:
    assert current_name(name) == name


@pytest.mark.parametrize("old", sorted(RENAMED))
def test_every_renamed_metric_is_installed_and_its_old_name_leads_to_it(old: str) -> None:
    assert registry().resolve("metric", RENAMED[old]).name == RENAMED[old]
    with pytest.raises(SpecError, match=f"unknown metric '{old}'.* did you mean '{RENAMED[old]}'"):
        registry().resolve("metric", old)


def test_boards_of_old_results_have_todays_names(tmp_path: Path) -> None:
    names = {"hue_shift": results.metric(), "ms_ssim_3": results.metric(order=1)}
    names["ms_ssim_3"]["settings"] = "ms_ssim_3"
    folder = results.write(tmp_path, {"ms_ssim_3": 0.5, "hue_shift": 2.0, "hue_shift@face": 3.0}, metrics=names)
    found = store.read(folder)
    assert set(found.scores.columns) == set(found.record.scores) == {"ms-ssim-3", "hue-shift", "hue-shift@face"}
    assert found.record.metrics["ms-ssim-3"].settings == "ms-ssim-3"
    (board,), problems = collect(tmp_path)
    assert (problems, board.ranked_by) == ([], "ms-ssim-3")
    assert "_ssim" not in json.dumps(as_json(board))


def test_reading_twice_is_reading_once(tmp_path: Path) -> None:
    record = store.read(results.write(tmp_path, {"hue_shift": 2.0}, metrics={"hue_shift": results.metric()})).record
    assert with_current_names(parse(plain(record))) == record


def test_old_results_keep_their_keys_and_their_scores_count_as_todays_versions(tmp_path: Path) -> None:
    old = {"hue_shift": results.metric() | {"digest": "7f3bcff672221c44"}}
    folder = results.write(tmp_path, {"hue_shift": 2.0}, metrics=old)
    found = store.read(folder)
    assert found.record.key == folder.name
    assert found.has("hue-shift", "923870055c48bb02")
