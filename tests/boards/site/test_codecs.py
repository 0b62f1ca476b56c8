"""The site where codecs are compared: what counts as a model, and pages on which nothing is degraded."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import gallery
import pytest
import results
from gallery import UNTRAINED
from reading import Page, pages

from benchbench.boards.site.cards import _by_numbers
from benchbench.registry.registry import registry


def codec(out: Path, name: str, quality: int, score: float, size: float, **facts: Any) -> None:
    """A result of a codec at a setting, with pictures."""
    rate = {"bytes": size, "bits_per_pixel": size / 32, "sizes": [round(size)] * len(gallery.IMAGES)}
    gallery.write(
        out, score, 10, model=f"{name}:quality={quality}", codec=name, degrades=False, degradation="nothing",
        rate=rate, **(UNTRAINED | facts),
    )  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Page]:
    """The pages of a site of two degradations, and of two codecs whose settings take no bytes in common."""
    out = gallery.small(tmp_path_factory.mktemp("runs"))
    for quality, score, size in ((5, 20, 160), (10, 25, 320), (90, 30, 640)):
        codec(out, "zip", quality, score, size, role="anchor")
        codec(out, "half", quality, score, size / 8)
    codec(out, "half", 95, 31, 144)
    for name, role in (("identity", "baseline"), ("oracle", "ideal")):
        gallery.write(out, 58, 0, model=name, role=role, degrades=False, degradation="nothing", **UNTRAINED)
    return pages(gallery.build(out, tmp_path_factory.mktemp("site") / "site"))


def words(page: Page) -> str:
    return " ".join(" ".join(text for _, text in page.texts).split())


def test_the_front_page_counts_models_and_not_their_settings_or_references(made: dict[str, Page]) -> None:
    assert "4 models against 2 degradations, and 2 codecs compared by their bytes:" in words(made["index.html"])


def test_a_site_of_restorers_tells_of_no_codecs(files: dict[str, bytes]) -> None:
    assert "4 models against 2 degradations: all models" in words(pages(files)["index.html"])


def test_the_card_of_a_board_shows_two_faces_whoever_leads(made: dict[str, Page]) -> None:
    page = made["index.html"]
    labels = [a.get("aria-label", "") for name, a in page.tags if name == "svg" and "face" in a.get("class", "")]
    assert len(labels) == 6
    assert labels[labels.index("A test image") + 1] == "The same, by half:quality=90"
    assert "shown at 2.500 bits per pixel" in words(page)


def test_where_nothing_is_degraded_no_degraded_input_is_shown_or_compared(made: dict[str, Page]) -> None:
    page = made["boards/toy-faces/nothing.html"]
    assert not [a for a in page.all("li") if "is-input" in a.get("class", "")]
    assert [a for a in page.all("li") if "is-truth" in a.get("class", "")]
    shown = {a["aria-label"].removesuffix(", large") for a in page.all("button") if a.get("class") == "zoom"}
    assert {"half:quality=10", "zip:quality=10", "The truth"} <= shown
    assert not {"identity", "oracle", "The degraded input"} & shown
    [data] = [json.loads(text) for path, text in page.texts if path[-1] == "script" and '"sampled"' in text]
    assert {model["name"].partition(":")[0] for model in data["models"]} == {"zip", "half"}
    assert data["pair"] == ["half:quality=95", "zip:quality=5"]


def test_codecs_without_a_rate_in_common_are_shown_where_two_of_them_are_near(made: dict[str, Page]) -> None:
    page = made["boards/toy-faces/nothing.html"]
    heads = [text for path, text in page.texts if path[-1] == "h3" and "bits per pixel" in text]
    assert [float(re.findall(r"[\d.]+", head)[0]) for head in heads] == pytest.approx([20 / 32 * 32**0.5], rel=0.5)


def test_the_anchor_is_a_codec_like_the_others(made: dict[str, Page]) -> None:
    kinds = {a["data-name"]: a["data-kind"] for a in made["models.html"].all("tr") if "data-name" in a}
    assert (kinds["zip:quality=10"], kinds["half:quality=10"], kinds["identity"]) == ("codec", "codec", "reference")


def test_settings_stand_in_the_order_of_their_numbers(made: dict[str, Page]) -> None:
    names = [a["data-name"] for a in made["models.html"].all("tr") if a.get("data-name", "").startswith("half")]
    assert names == ["half:quality=5", "half:quality=10", "half:quality=90", "half:quality=95"]
    assert _by_numbers("net-01") < _by_numbers("net-1") < _by_numbers("net-1.5") < _by_numbers("net-10")


def test_what_several_trainings_have_in_common_is_told_once(tmp_path: Path) -> None:
    results.write(tmp_path / "runs", {"peak": 20.0}, model="net", size=16)
    for seed in (0, 1, 2):
        results.write(tmp_path / "runs", status="skipped", reason="needs a map", model="lost", seed=seed, size=16)
    made = pages(gallery.build(tmp_path / "runs", tmp_path / "site"))
    for path in ("boards/toy-faces/darken.html", "models/lost.html"):
        assert words(made[path]).count("needs a map") == 1


def test_a_board_says_what_its_degradation_does(tmp_path: Path) -> None:
    for degradation in ("swirl", "gaussian-blur+gaussian-noise", "unheard-of"):
        results.write(tmp_path / "runs", {"peak": 20.0}, model="net", degradation=degradation, size=16)
    made = pages(gallery.build(tmp_path / "runs", tmp_path / "site", registry=registry()))
    described = {path: "Swirl about a centre" in words(page) for path, page in made.items() if "boards/" in path}
    assert [path for path, found in described.items() if found] == ["boards/toy-faces/swirl.html"]
    assert "Swirl about a centre" in words(made["index.html"])
    assert "Degradations one after another" not in words(made["index.html"])
