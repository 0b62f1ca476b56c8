"""The site in a real browser: what a reader does works, nothing complains, nothing asks for the network."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gallery
import numpy as np
import pytest
from gallery import HOSTILE, build
from matplotlib import colormaps
from PIL import Image

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install playwright")
if CHROMIUM is None:
    pytest.skip("there is no Chromium: apt-get install chromium", allow_module_level=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """The system's Chromium, headless."""
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=[*sandbox, "--disable-gpu"])
        yield opened
        opened.close()


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Any]]:
    """A function that opens a page of a folder; at the end, no page may have complained or left its folder."""
    complaints: list[str] = []
    contexts = []

    def look(site: Path, path: str, **options: Any) -> Any:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(5000)
        page.on("console", lambda message: complaints.append(f"{path}: {message.type} {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"{path}: {error}"))
        page.on("dialog", lambda dialog: (complaints.append(f"{path}: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: within(site, request.url))
        page.on("requestfailed", lambda request: complaints.append(f"{path}: {request.url} failed"))
        page.goto(f"{site.as_uri()}/{path}")
        return page

    def within(site: Path, url: str) -> None:
        if not url.startswith(site.as_uri() + "/"):
            complaints.append(f"asks for {url}")

    yield look
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of two boards."""
    folder = tmp_path_factory.mktemp("browsed")
    build(gallery.small(folder / "runs"), folder / "site")
    return folder / "site"


def models(page: Any, table: str) -> list[str]:
    """The models of the rows that are seen, from top to bottom."""
    found: list[str] = page.locator(f"{table} tbody tr:visible").evaluate_all("rows => rows.map(r => r.dataset.name)")
    return found


def pixels(locator: Any) -> np.ndarray:
    """What an element looks like, `(h, w, 3)`."""
    with Image.open(io.BytesIO(locator.screenshot())) as image:
        return np.asarray(image.convert("RGB")).astype(int)


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


def test_columns_come_and_go(site: Path, visit: Callable[..., Any]) -> None:
    page = visit(site, "boards/toy-faces/darken.html")
    assert page.get_by_role("columnheader", name="parameters").is_visible()
    page.get_by_label("cost").uncheck()
    assert not page.get_by_role("columnheader", name="parameters").is_visible()


def test_the_matrix_shows_scores_gains_or_ranks_and_sorts_by_them(site: Path, visit: Callable[..., Any]) -> None:
    page = visit(site, "index.html")
    head = page.get_by_role("columnheader", name="darken")
    cell = page.locator('tr[data-name="tiny-conv"] td').nth(1)
    head.get_by_role("button").click()
    assert (cell.inner_text(), head.get_attribute("aria-sort")) == ("25.00", "descending")
    page.get_by_label("gain over the input").check()
    assert cell.inner_text() == "+5.00"
    page.get_by_label("rank", exact=True).check()
    assert (cell.inner_text(), head.get_attribute("aria-sort")) == ("1", "ascending")
    assert models(page, "table.matrix")[0] == "tiny-conv"


def test_the_slider_shows_the_left_picture_up_to_its_line(site: Path, visit: Callable[..., Any]) -> None:
    page = visit(site, "gallery.html#board=toy-faces%2Fdarken&image=face-02&a=tiny-conv&b=wide%3Awidth%3D64")
    slider, stage = page.get_by_role("slider"), page.locator(".stage")
    page.locator(".stage span").evaluate_all("marks => marks.forEach(m => { m.hidden = true; })")
    clean = gallery.truth()[2].permute(1, 2, 0).numpy().astype(int)
    for share, left in (("0", 0), ("50", 8), ("100", 16)):
        slider.fill(share)
        shown = pixels(stage)
        scale = shown.shape[0] / gallery.SIZE
        centres = ((np.arange(gallery.SIZE) + 0.5) * scale).astype(int)
        levels = shown[np.ix_(centres, centres)]
        assert np.array_equal(levels[:, :left], clean[:, :left] + 10)
        assert np.array_equal(levels[:, left:], clean[:, left:] + 60)


def test_the_slider_moves_by_keys_and_by_dragging(site: Path, visit: Callable[..., Any]) -> None:
    page = visit(site, "gallery.html")
    slider = page.get_by_role("slider")
    slider.focus()
    for key, value in (("ArrowRight", "51"), ("Home", "0"), ("End", "100"), ("ArrowLeft", "99")):
        slider.press(key)
        assert slider.input_value() == value
    assert slider.get_attribute("aria-valuetext") == "99 % degraded input, 1 % tiny-conv"
    box = slider.bounding_box()
    page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 50)
    page.mouse.up()
    assert 20 <= int(slider.input_value()) <= 30
    assert page.locator(".stage").evaluate("s => s.style.getPropertyValue('--share')") == f"{slider.input_value()}%"


@pytest.mark.parametrize("gain", [2, 4, 8])
def test_the_error_map_is_the_amplified_mean_error(gain: int, site: Path, visit: Callable[..., Any]) -> None:
    page = visit(site, "gallery.html#board=toy-faces%2Fdarken&a=tiny-conv&b=wide%3Awidth%3D64")
    page.get_by_label("Amplify").select_option(str(gain))
    for side, error in (("a", 10), ("b", 60)):
        shown = pixels(page.locator(f'[data-role="error-{side}"]'))
        middle = shown[20:-20, 20:-20].reshape(-1, 3)
        expected = 255 * np.array(colormaps["inferno"](min(1.0, gain * error / 255))[:3])
        assert np.abs(middle - expected).max() < 16  # nine colours stand for the map's 256
    page.locator('select[data-role="b"]').select_option("plain")
    assert pixels(page.locator('[data-role="error-b"]'))[20:-20, 20:-20].max() <= 4  # it restored the truth


def test_the_gallery_follows_its_choices_and_its_address(site: Path, visit: Callable[..., Any]) -> None:
    page = visit(site, "gallery.html")
    page.get_by_label("Degradation").select_option("swirl:strength=3")
    page.get_by_role("radio", name="face-03").check(force=True)
    page.locator('select[data-role="a"]').select_option("truth")
    page.locator('select[data-role="b"]').select_option("plain")
    address = page.url
    assert "late" not in page.locator('select[data-role="b"]').inner_text()
    rows = page.locator('table[data-role="scores"] tbody tr')
    assert rows.first.inner_text().split() == ["peak", "↑", "[dB]", "–", "22.65"]
    other = visit(site, "gallery.html#" + address.partition("#")[2])
    assert (
        other.locator('table[data-role="scores"]').inner_text()
        == page.locator('table[data-role="scores"]').inner_text()
    )
    assert other.get_by_role("radio", name="face-03").is_checked()
    other.get_by_role("button", name="Swap").click()
    assert other.locator('select[data-role="a"]').input_value() == "plain"
    assert other.get_by_role("link", name="All scores of swirl:strength=3").get_attribute("href") == (
        "boards/toy-faces/swirl,strength=3.html"
    )


def test_the_scatter_shows_the_image_under_the_pointer_and_under_the_keys(
    site: Path, visit: Callable[..., Any]
) -> None:
    page = visit(site, "boards/toy-faces/darken.html")
    plot, detail = page.locator('[data-role="plot"]'), page.locator('[data-role="detail"]')
    assert plot.locator("circle").count() == len(gallery.IMAGES)
    assert plot.locator("circle.sampled").count() == gallery.SAMPLES
    assert "is better than identity on 12 of 12 images" in detail.inner_text()
    plot.locator("circle.sampled").first.hover()
    assert detail.locator("h3").inner_text() == "face-03"
    assert detail.locator("svg.face").count() == 4
    plot.focus()
    for _ in range(20):
        plot.press("ArrowLeft")
    assert detail.locator("h3").inner_text() == "face-11"
    assert "No picture of this image is kept." in detail.inner_text()
    page.get_by_label("Metric").select_option("mean-error")
    assert plot.locator("circle").count() == len(gallery.IMAGES)


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
