"""The pictures of the site in a real browser: sliders, the error map, the gallery, the scatter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gallery
import numpy as np
import pytest
from matplotlib import colormaps
from screens import pixels

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


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


def test_a_wall_turns_to_another_image_and_shows_a_face_large(site: Path, visit: Callable[..., Any]) -> None:
    page = visit(site, "boards/toy-faces/darken.html")
    brick = page.locator(".wall li", has_text="tiny-conv")
    assert brick.locator(".face").bounding_box()["width"] >= 170
    first = brick.locator(".score").inner_text()
    page.locator('[data-turns] input[aria-label="face-02"]').check(force=True)
    assert brick.locator(".score").inner_text() != first
    clean = gallery.truth()[2].permute(1, 2, 0).numpy().astype(int)
    brick.locator(".zoom").click()
    faces = page.locator("dialog .face")
    for number, shift in enumerate((-40, 10, 0)):  # degraded, restored, as it was
        shown = pixels(faces.nth(number))
        centres = ((np.arange(gallery.SIZE) + 0.5) * shown.shape[0] / gallery.SIZE).astype(int)
        assert np.array_equal(shown[np.ix_(centres, centres)], clean + shift)
    page.keyboard.press("Escape")
    assert page.locator("dialog").count() == 0
    bad = page.locator(".failures li", has_text="tiny-conv")
    assert f"{gallery.IMAGES[-1]}:" in bad.inner_text()
    bad.locator(".zoom").press("Enter")
    assert page.locator("dialog figcaption").all_inner_texts() == [
        f"{gallery.IMAGES[-1]}, {words}" for words in ("degraded", "restored", "as it was")
    ]
