"""Faces on a board's page: each model's failure, codecs at equal bytes."""

from __future__ import annotations

from pathlib import Path

import gallery
import numpy as np
import pytest
from reading import pages

from benchbench.boards import collect
from benchbench.boards.compression import Compression, Curve
from benchbench.boards.site import faces
from benchbench.boards.site.entries import entries
from benchbench.boards.site.pages import board_page
from benchbench.boards.site.pictures import Album, Strip, album


def test_a_failure_is_the_worst_image_of_which_there_is_a_picture(runs: Path, tmp_path: Path) -> None:
    entry = entries(collect(runs)[0])[0]
    pictures = album(tmp_path, entry.board)
    assert pictures is not None
    found = {bad.model: bad for bad in faces.failures(entry, pictures)}
    assert list(found) == ["tiny-conv", "plain", "late", "wide:width=64"]  # not the degraded input
    assert (found["late"].image, found["late"].from_worst, found["late"].count) == (gallery.IMAGES[-1], 1, 12)
    pictures.worst.clear()  # as results have it that were stored without them: the samples are left
    [bad, *_] = faces.failures(entry, pictures)
    assert (bad.image, bad.from_worst) == (gallery.IMAGES[gallery.SAMPLES - 1], 12 - gallery.SAMPLES + 1)
    assert bad.score == faces.scores_under(entry, pictures)["tiny-conv"][-1]


def test_the_note_on_failures_counts_the_models_that_are_left_out(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faces, "FAILURES", 3)
    entry = entries(collect(runs)[0])[0]
    page = board_page("boards/x/y.html", entry, album(tmp_path, entry.board), dict.fromkeys(entry.row, "trained"))
    shown = page.partition('<ul class="failures">')[2].partition("</ul>")[0]
    assert (shown.count("<li>"), "1 more have theirs on their cards" in page) == (3, True)


def test_codecs_stand_beside_each_other_at_the_rates_that_all_reach() -> None:
    def curve(codec: str, *bits: float) -> Curve:
        return Curve(codec, [f"{codec}:{b:g}" for b in bits], list(bits), {}, {})

    curves = [curve("a", 0.25, 0.55, 1.0, 4.0), curve("b", 0.5, 1.1, 2.0, 3.0, 8.0), curve("single", 0.1)]
    strip = Strip("", [])
    shown = Album(16, ["i"], strip, strip, {m: strip for c in curves for m in c.models if m != "b:1.1"}, {})
    found = faces.at_equal_bytes(Compression("a", ["peak"], curves), shown)
    assert np.allclose([rate for rate, _ in found], [0.5, 2**0.5, 4.0])
    picked = [[model for _, model, _ in bricks] for _, bricks in found]
    assert picked == [["a:0.55", "b:0.5"], ["a:1", "b:2"], ["a:4", "b:3"]]  # the others are too far, or have no picture


def test_a_board_shows_its_result_files_and_the_card_too(files: dict[str, bytes]) -> None:
    known = pages(files)
    [title] = [a["title"] for a in known["boards/toy-faces/darken.html"].all("tr") if a.get("data-name") == "late"]
    assert title.startswith("toy-faces/darken/late/")
    assert title.endswith("/result.json")
    assert title in known["models/late.html"].inside("code")
    assert title in [a.get("title") for a in known["index.html"].all("td")]
