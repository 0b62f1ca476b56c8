"""Results of two boards, their site, and a browser that visits it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gallery
import pytest
from gallery import build


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of two boards."""
    return gallery.small(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="session")
def files(runs: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The site of these results."""
    return build(runs, tmp_path_factory.mktemp("site") / "site")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """The system's Chromium, headless."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install playwright")
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        pytest.skip("there is no Chromium: apt-get install chromium")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=[*sandbox, "--disable-gpu"])
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
