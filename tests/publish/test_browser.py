"""Pages in a real browser: no accessibility fault by axe's rules, nothing fetched, readable on a phone and on paper."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from publish.projects import a_code_cell, a_notebook, make_project, prose

CHROMIUM = Path("/usr/bin/chromium")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SIZES = {"desktop": (1280, 900), "phone": (390, 844), "zoomed": (320, 640)}
PAGES = ["index.html", "01_first.html", "about.html", "changes.html"]

WORDS = """purpose = ["To choose how many homes to open."]
resource_pages = ["01_first"]
background = ["There was a report."]

[[recommendations]]
recommendation = "That a home be opened."
reason = "Places are short."
decides = "the Cabinet"
when = "autumn"
evidence = ["01_first#figure-1", "about#quality"]

[[risks]]
risk = "It stands empty"
likelihood = "medium"
effect = "high"
mitigation = "Match children beforehand"
owner = "the director"
evidence = ["02_second"]

[[timetable]]
when = "July"
what = "Invitation to tender"
"""
GLOSSARY = """[[terms]]
term = "foster homes"
meaning = "Homes of families who look after other people's children."
source = "this project"
"""
ASSUMPTIONS = """[weekly_price.kinship]
value = 260
unit = "£ a week"
low = 150
high = 400
source = "general knowledge"
as_of = 2018-03-31
owner = "a tester"
"""
ASK = "from pathlib import Path\n\nfrom cip_analysis.settings import read_assumptions\n\n"
ASK += 'price = read_assumptions(Path("config/assumptions.toml"))["weekly_price.kinship"].value'

pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists(), reason="Chromium is not installed (Debian: apt install chromium)"
)


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pack with every kind of page: words of the analyst, judgements, references, and a pack that it follows."""
    made = make_project(tmp_path_factory.mktemp("browsed"))
    earlier = made.render().rename(made.root / "reports" / "earlier")
    stock = made.root / "data" / "stock.csv"
    stock.write_text(stock.read_text(encoding="utf-8").replace("kinship,51", "kinship,71"), encoding="utf-8")
    for name, text in {"words": WORDS, "glossary": GLOSSARY, "assumptions": ASSUMPTIONS}.items():
        (made.root / "config" / f"{name}.toml").write_text(text, encoding="utf-8")
    settings = made.root / "config" / "packs" / "small.toml"
    named = f'report = "config/words.toml"\nglossary = "config/glossary.toml"\nprevious = "reports/{earlier.name}"\n'
    settings.write_text(named + settings.read_text(encoding="utf-8"), encoding="utf-8")
    more = [prose("## More\n\nSee [[02_second#table-1]] and [[#figure-1]]."), a_code_cell(ASK, "treatments"),
            a_code_cell('table(released, "Every year")', "treatments", "reconciliation"),
            a_code_cell('say("It cost {price:.0f}.", price=price)')]  # fmt: skip
    made.write("01_first", a_notebook("Children in care", more))
    return made.render()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One headless Chromium for the whole module."""
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=arguments)
        yield opened
        opened.close()


@pytest.fixture
def opened(browser: Browser, pack: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Page, list[str]]]:
    """A page of the pack at one size, every fold open, and what it asked the network for."""
    name, size = request.param
    width, height = SIZES[size]
    page = browser.new_page(viewport={"width": width, "height": height})
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    page.goto((pack / name).as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
    yield page, asked
    page.close()


every_page = pytest.mark.parametrize(
    "opened", [(name, size) for name in PAGES for size in SIZES], indirect=True, ids=lambda pair: "-".join(pair)
)
one_page = pytest.mark.parametrize("opened", [("01_first.html", "desktop")], indirect=True)
each_kind = pytest.mark.parametrize(
    "opened", [(name, "desktop") for name in PAGES], indirect=True, ids=lambda one: one[0]
)


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


@each_kind
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


@each_kind
def test_every_link_to_a_place_leads_to_one_that_is_there(opened):
    page, _asked = opened
    links = page.evaluate("[...document.querySelectorAll('a[href]')].map(link => link.getAttribute('href'))")
    folder = Path(page.evaluate("location.pathname")).parent
    for href in links:
        if href.startswith(("http", "mailto")):
            continue
        file, _, place = href.partition("#")
        there = folder / (file or page.evaluate("location.pathname"))
        assert there.is_file(), href
        assert not place or f'id="{place}"' in there.read_text(encoding="utf-8"), href


@each_kind
def test_every_region_that_scrolls_can_be_reached_and_scrolled_from_the_keyboard(opened):
    page, _asked = opened
    page.set_viewport_size({"width": 320, "height": 640})
    reachable = page.evaluate("""[...document.querySelectorAll('*')].filter(one =>
        one.scrollWidth > one.clientWidth + 1 && ['auto', 'scroll'].includes(getComputedStyle(one).overflowX)
    ).every(one => one.tabIndex === 0 && one.getAttribute('aria-label'))""")
    assert reachable


@each_kind
def test_without_colour_every_mark_is_still_a_word(opened):
    page, _asked = opened
    page.emulate_media(forced_colors="active")
    banner = page.locator("header").inner_text()
    assert "DRAFT" in banner
    assert "Public version" in banner
    assert "SYNTHETIC" in banner
    shown = page.evaluate("getComputedStyle(document.querySelector('.masthead')).borderBottomStyle")
    assert shown == "solid"


@one_page
def test_a_reader_who_wants_no_motion_gets_none(opened):
    page, _asked = opened
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"


@one_page
def test_the_policy_in_the_page_stops_a_script_and_a_fetch(opened):
    page, _asked = opened
    page.evaluate("""() => { window.stopped = []; document.addEventListener('securitypolicyviolation',
        one => window.stopped.push(one.effectiveDirective)); const sign = document.createElement('img'); sign.src = 'https://example.org/a.png';
        document.body.append(sign); const run = document.createElement('script'); run.textContent = 'window.ran = 1';
        document.body.append(run); }""")
    page.wait_for_timeout(100)
    assert page.evaluate("window.ran") is None
    assert sorted(page.evaluate("window.stopped")) == ["img-src", "script-src-elem"]


@each_kind
def test_printed_every_fold_is_open_and_no_table_is_cut_off(opened):
    page, _asked = opened
    page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = false)")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 660, "height": 900})  # an A4 sheet between its margins
    folded = page.evaluate("""[...document.querySelectorAll('details:not(.code) > :not(summary)')]
        .filter(one => one.getClientRects().length === 0 || one.getBoundingClientRect().height === 0).length""")
    cut = page.evaluate("""[...document.querySelectorAll('table')].filter(one =>
        one.getBoundingClientRect().right > document.documentElement.clientWidth + 1).length""")
    assert (folded, cut) == (0, 0)


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed (poppler-utils)")
@each_kind
def test_every_printed_page_says_synthetic_and_the_code_stays_folded(opened, tmp_path):
    page, _asked = opened
    page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True, print_background=True)
    told = subprocess.run(["pdftotext", "-layout", tmp_path / "page.pdf", "-"], capture_output=True, check=True)
    sheets = told.stdout.decode().rstrip("\f").split("\f")
    assert sheets
    assert all("SYNTHETIC: invented data, not real children" in sheet for sheet in sheets)
    assert "import pandas" not in told.stdout.decode()
