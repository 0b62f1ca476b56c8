"""The site in a real browser: what a reader does works, nothing complains, nothing asks for the network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gallery
import pytest
from gallery import HOSTILE, build
from screens import models

from benchbench.boards import collect
from benchbench.boards.site import write_site

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_every_page_opens_without_a_complaint(site: Path, visit: Callable[..., Any]) -> None:
    for width in (1280, 390):
        for path in sorted(site.rglob("*.html")):
            page = visit(site, str(path.relative_to(site)), viewport={"width": width, "height": 800})
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{path} is {wide} px too wide for a screen of {width} px"


def test_a_click_sorts_and_a_second_one_turns_it_round(site: Path, visit: Callable[..., Any]) -> None:
    page = visit(site, "boards/toy-faces/darken.html")
    best_first = ["tiny-conv", "plain", "late", "identity", "wide:width=64"]
    assert models(page, "#board") == best_first
    head = page.get_by_role("columnheader", name="mean-error")
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert models(page, "#board") == ["plain", "tiny-conv", "late", "identity", "wide:width=64"]
    head.get_by_role("button").press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    assert models(page, "#board")[0] == "wide:width=64"
    assert page.locator("#board [aria-sort]").count() == 1
    page.get_by_role("columnheader", name="model").get_by_role("button").click()
    assert models(page, "#board") == sorted(best_first)


def test_what_is_missing_stays_last_in_both_orders(site: Path, visit: Callable[..., Any]) -> None:
    page = visit(site, "index.html")
    head = page.get_by_role("columnheader", name="swirl:strength=3").get_by_role("button")
    for _ in range(2):
        head.click()
        assert models(page, "table.matrix")[-1] == "late"
        assert len(models(page, "table.matrix")) == 5


def test_filters_leave_what_matches_and_say_how_many(site: Path, visit: Callable[..., Any]) -> None:
    page = visit(site, "boards/toy-faces/darken.html")
    page.get_by_label("Find a model").fill("T")
    assert models(page, "#board") == ["tiny-conv", "late", "identity", "wide:width=64"]
    assert page.get_by_role("status").inner_text() == "4 of 5 models"
    page.get_by_label("Kind").select_option("trained")
    assert models(page, "#board") == ["tiny-conv", "late", "wide:width=64"]
    page.get_by_label("Find a model").fill("nothing is called so")
    assert page.get_by_role("status").inner_text() == "0 of 5 models"


def test_columns_are_those_that_fit_until_somebody_chooses(site: Path, visit: Callable[..., Any]) -> None:
    for width in (1300, 400):
        page = visit(site, "boards/toy-faces/darken.html", viewport={"width": width, "height": 800})
        frame = page.locator(".scroll", has=page.locator("#board"))
        shown = page.locator("#board thead th:not([hidden])").count() - 3  # rank, face, model
        assert shown > 4 if width == 1300 else shown == 4
        assert frame.evaluate("f => f.scrollWidth <= f.clientWidth") == (width == 1300)
        assert page.get_by_role("columnheader", name="peak").first.is_visible()
        assert page.get_by_role("columnheader", name="epochs").is_visible() == (width == 1300)
    page.locator(".columns summary").click()
    page.get_by_label("epochs").check()
    assert page.get_by_role("columnheader", name="epochs").is_visible()
    model = page.locator('tr[data-name="tiny-conv"] th')
    frame.evaluate("f => { f.scrollLeft = f.scrollWidth; }")
    assert model.bounding_box()["x"] >= frame.bounding_box()["x"]
    head = page.locator('#board thead th[data-sort="text"]')
    assert abs(head.bounding_box()["x"] - model.bounding_box()["x"]) < 1
    page.get_by_label("cost").check()
    page.get_by_label("cost").uncheck()
    assert not page.get_by_role("columnheader", name="epochs").is_visible()


def test_the_slider_shows_the_board_of_each_rung(tmp_path: Path, visit: Callable[..., Any]) -> None:
    gallery.of_rungs(tmp_path / "runs")
    build(tmp_path / "runs", tmp_path / "site")
    page = visit(tmp_path / "site", "boards/toy-faces/darken.html")
    cell = page.locator('tr[data-name="late"] td').nth(1)
    assert (models(page, "#board"), cell.inner_text()[:5]) == (["late", "early"], "26.00")
    slider = page.get_by_label("Training compute")
    slider.press("Home")
    assert (models(page, "#board"), cell.inner_text()[:5]) == (["early", "late"], "20.00")
    assert page.locator("#rungs output").inner_text() == "1 TFLOP"
    assert page.locator("#lede").inner_text().startswith("early leads with 23.00 dB")
    slider.press("End")
    assert models(page, "#board") == ["late", "early"]


def test_the_slider_brings_in_models_that_lack_the_pages_rung(tmp_path: Path, visit: Callable[..., Any]) -> None:
    gallery.of_rungs(tmp_path / "runs", short=(22.0, 22.5))
    write_site(collect(tmp_path / "runs", 5e12)[0], tmp_path / "site")
    page = visit(tmp_path / "site", "boards/toy-faces/darken.html")
    lacking = page.locator("#rungs [role=status]")
    assert models(page, "#board") == ["late", "early"]
    assert lacking.inner_text() == "1 of 3 models have no score there."
    page.get_by_label("Training compute").press("Home")
    assert models(page, "#board") == ["early", "short", "late"]
    assert page.locator('tr[data-name="short"] td').nth(1).inner_text().startswith("22.00")
    assert (lacking.inner_text(), page.locator(".range").first.get_attribute("viewBox")) == ("", "0 0 3 1")


def test_a_chart_tells_of_the_point_under_pointer_and_keys(tmp_path: Path, visit: Callable[..., Any]) -> None:
    gallery.of_rungs(tmp_path / "runs")
    build(tmp_path / "runs", tmp_path / "site")
    page = visit(tmp_path / "site", "boards/toy-faces/darken.html", has_touch=True)
    figure = page.locator("figure.lines", has=page.get_by_label("Score at each rung"))
    chart, tip = figure.locator(".chart"), figure.locator(".tip")
    assert chart.locator("[data-stop].shown").get_attribute("data-stop") == "5 TFLOP"
    chart.locator("circle").nth(1).hover()
    shown = tip.inner_text()
    assert shown.split("\n")[:3] == ["late", "peak 23 dB", "training compute 2 TFLOP"]
    assert "seed 0: 22.95 · seed 1: 23.05" in shown
    page.mouse.move(0, 0)
    assert not tip.is_visible()
    chart.focus()
    for key in ("ArrowLeft", "ArrowLeft", "ArrowUp"):  # the first shows the last point of the last line
        chart.press(key)
    assert tip.inner_text().startswith("early\npeak 24 dB")
    chart.press("Escape")
    assert not tip.is_visible()
    chart.locator("circle").first.tap(force=True)
    assert tip.inner_text().startswith("late\npeak 20 dB")
    page.get_by_label("Training compute").press("Home")
    assert chart.locator("[data-stop].shown").get_attribute("data-stop") == "1 TFLOP"


def test_the_matrix_shows_scores_gains_or_ranks_and_sorts_by_them(site: Path, visit: Callable[..., Any]) -> None:
    page = visit(site, "index.html")
    head = page.get_by_role("columnheader", name="darken")
    cell = page.locator('tr[data-name="tiny-conv"] td').nth(1)
    head.get_by_role("button").click()
    assert (cell.inner_text(), head.get_attribute("aria-sort")) == ("25.00", "descending")
    page.get_by_label("gain over the input").check()
    assert cell.inner_text() == "+5.00"
    page.get_by_label("rank", exact=True).check()
    assert (cell.inner_text(), head.get_attribute("aria-sort")) == ("–", "ascending")  # each was trained once
    assert models(page, "table.matrix")[0] == "tiny-conv"


def test_the_theme_is_the_systems_until_it_is_chosen(site: Path, visit: Callable[..., Any]) -> None:
    def is_dark(page: Any) -> bool:
        colour = page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
        return sum(map(int, colour.removeprefix("rgb(").removesuffix(")").split(","))) < 200

    assert is_dark(visit(site, "index.html", color_scheme="dark"))
    page = visit(site, "index.html", color_scheme="light")
    assert not is_dark(page)
    page.get_by_role("button", name="Switch to the dark theme").click()
    assert is_dark(page)
    page.get_by_role("link", name="Models").click()
    page.wait_for_url("**/models.html")
    assert is_dark(page)
    page.get_by_role("button", name="Switch to the light theme").click()
    assert not is_dark(page)


def test_the_keyboard_reaches_everything_and_is_seen(site: Path, visit: Callable[..., Any]) -> None:
    page = visit(site, "index.html")
    reached = set()
    for _ in range(80):
        page.keyboard.press("Tab")
        name, outline = page.evaluate(
            "() => { const e = document.activeElement; const s = getComputedStyle(e);"
            " return [e.outerHTML.slice(0, 80), e === document.body ? 'body' : s.outlineStyle + s.outlineWidth]; }"
        )
        if outline == "body":
            break
        assert outline == "solid3px", name
        reached.add(name)
    total = page.locator("a:visible, button:visible, input:visible, select:visible").count()
    assert len(reached) >= total * 0.6  # some links look alike, and of radio buttons only one is a stop


def test_the_site_is_whole_without_scripts(site: Path, visit: Callable[..., Any]) -> None:
    page = visit(site, "boards/toy-faces/darken.html", java_script_enabled=False)
    assert page.locator("#board tbody tr").count() == 5
    assert page.get_by_role("columnheader", name="parameters").is_visible()
    assert not page.get_by_label("Find a model").is_visible()


def test_hostile_names_do_no_harm(tmp_path: Path, visit: Callable[..., Any]) -> None:
    for position, name in enumerate(HOSTILE):
        gallery.write(tmp_path / "runs", 20.0 + position, position, model=name, plugin=name, dataset=HOSTILE[2],
                      degradation="<img src=x onerror=alert(2)>\u202e" + "y" * 300)  # fmt: skip
    build(tmp_path / "runs", tmp_path / "site")
    for path in sorted((tmp_path / "site").rglob("*.html")):
        page = visit(
            tmp_path / "site",
            str(path.relative_to(tmp_path / "site")).replace("%", "%25"),
            viewport={"width": 390, "height": 800},
        )
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
        page.close()
    page = visit(tmp_path / "site", "gallery.html")
    for name in HOSTILE:
        page.locator('select[data-role="b"]').select_option(name)
        shown = page.locator('[data-role="tag-b"]').text_content()
        assert shown == {".input": "degraded input", ".truth": "truth"}.get(name, name)


def test_a_large_matrix_can_be_sorted_and_searched(tmp_path: Path, visit: Callable[..., Any]) -> None:
    gallery.grid(tmp_path / "runs", [f"model-{i:02}" for i in range(50)], [f"damage-{i:02}" for i in range(15)])
    build(tmp_path / "runs", tmp_path / "site")
    page = visit(tmp_path / "site", "index.html")
    assert len(models(page, "table.matrix")) == 50
    page.get_by_role("columnheader", name="damage-07").get_by_role("button").click()
    assert models(page, "table.matrix")[:2] == ["model-49", "model-48"]
    page.get_by_label("Find a model").fill("model-3")
    assert len(models(page, "table.matrix")) == 10
