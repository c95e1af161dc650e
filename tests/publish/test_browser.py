"""Pages in a real browser: no accessibility fault by axe's rules, nothing fetched, readable on a phone and on paper."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from publish.projects import Project

CHROMIUM = Path("/usr/bin/chromium")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SIZES = {"desktop": (1280, 900), "phone": (390, 844), "zoomed": (320, 640)}
PAGES = ["index.html", "01_first.html", "02_second.html"]

pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists(), reason="Chromium is not installed (Debian: apt install chromium)"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One headless Chromium for the whole module."""
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=arguments)
        yield opened
        opened.close()


@pytest.fixture
def opened(browser: Browser, rendered: Project, request: pytest.FixtureRequest) -> Iterator[tuple[Page, list[str]]]:
    """A page of the rendered pack at one size, every fold open, and what it asked the network for."""
    name, size = request.param
    width, height = SIZES[size]
    page = browser.new_page(viewport={"width": width, "height": height})
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    page.goto((rendered.root / "reports" / "small" / name).as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
    yield page, asked
    page.close()


every_page = pytest.mark.parametrize(
    "opened", [(name, size) for name in PAGES[:2] for size in SIZES], indirect=True, ids=lambda pair: "-".join(pair)
)
one_page = pytest.mark.parametrize("opened", [("01_first.html", "desktop")], indirect=True)


@every_page
def test_axe_finds_no_fault(opened):
    page, _asked = opened
    found = Axe().run(page, options={"runOnly": RULES})
    assert found.violations_count == 0, found.generate_report()


@every_page
def test_nothing_is_fetched_but_the_page_itself(opened):
    page, asked = opened
    assert [url for url in asked if not url.startswith("data:")] == [page.url]


@every_page
def test_nothing_but_a_table_scrolls_sideways(opened):
    page, _asked = opened
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@one_page
def test_the_first_stop_of_the_keyboard_is_the_way_past_the_banner(opened):
    page, _asked = opened
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


@one_page
def test_whatever_has_the_keyboards_focus_can_be_seen_to_have_it(opened):
    page, _asked = opened
    stops = page.locator("a[href], summary, [tabindex='0']").count()
    for _stop in range(stops):
        page.keyboard.press("Tab")
        outline = page.evaluate(
            "getComputedStyle(document.activeElement).outlineStyle + document.activeElement.tagName"
        )
        assert outline.startswith("solid"), outline


@one_page
def test_the_charts_are_drawn_and_not_broken(opened):
    page, _asked = opened
    assert page.evaluate("[...document.images].every(picture => picture.naturalWidth > 900)")
    assert page.evaluate("document.images.length") == 1


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed (poppler-utils)")
@one_page
def test_every_printed_page_says_synthetic_and_the_code_stays_folded(opened, tmp_path):
    page, _asked = opened
    page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True, print_background=True)
    told = subprocess.run(["pdftotext", "-layout", tmp_path / "page.pdf", "-"], capture_output=True, check=True)
    sheets = told.stdout.decode().rstrip("\f").split("\f")
    assert len(sheets) >= 2
    assert all("SYNTHETIC: invented data, not real children" in sheet for sheet in sheets)
    assert "import pandas" not in told.stdout.decode()
