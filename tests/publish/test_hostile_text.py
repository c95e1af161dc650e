"""Words that would run if anything ran them are shown as text in every file; no name leads out of a pack's folder."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import docx
import nbformat
import openpyxl
import pandas as pd
import pytest
from playwright.sync_api import sync_playwright
from publish.projects import a_code_cell, make_project
from publish.shown import COVER, SmallPack, a_chart, an_executed_notebook

from cip_analysis.publish.disclosure import About, release
from cip_analysis.publish.finished.checking import audit_pack
from cip_analysis.publish.finished.secrets import Secrets
from cip_analysis.publish.page import PageContext, render_page
from cip_analysis.publish.plan import PackError
from cip_analysis.publish.products.exhibits import read_exhibits
from cip_analysis.publish.tables import table
from cip_analysis.records import Released
from cip_analysis.settings import Disclosure, SettingsError

CHROMIUM = Path("/usr/bin/chromium")
RUN = "document.body.dataset.ran=1;alert(1)"
HOSTILE = [
    f"<script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f'"><svg onload="{RUN}">',
    f"</td></table></style><script>{RUN}</script>",
    f"[go](javascript:{RUN})",
    '=HYPERLINK("http://x.example","y")',
    "+cmd|' /C calc'!A0",
    "@SUM(1)",
    "-2+3",
    "\t=1+1",
    "../../x",
    "C:\\..\\x",
    "Homes \u202eremoH\u202c of \u2066x\u2069",
    "Zero\u200bwidth\ufeffjoined",
    "null\x00 bell\x07 escape\x1b[31m",
    "]]><!-- & &amp; &lt;b&gt;",
    "{{7*7}} {% raw %} ${7*7}",
    "a|b|||c\\*d*_e_`f`",
    "$x^2$ \\(x\\) \\begin{x}",
    "W" * 300,
    "long words " * 900,
    "http://x.example/run.exe",
]
ABOUT = About(f"returns <script>{RUN}</script> =1+1", date(2018, 3, 31), synthetic=True)
TURNS = "\u202e\u202c\u2066\u2069"
EXTERNAL = ("http://x.example", "javascript:")


@dataclass(frozen=True)
class Made:
    """A pack of hostile words: its files and what they should show."""

    folder: Path
    pack: SmallPack


def plain(words: str) -> str:
    """Words as any file may show them: no control characters, nothing that turns the order round, one space between."""
    spaced = " ".join(words.split())
    return "".join(letter for letter in spaced if ord(letter) > 31 and letter not in TURNS).casefold()


def hostile_table() -> Released:
    numbers = range(len(HOSTILE))
    shown = pd.DataFrame(
        {"provider": HOSTILE, "children": [3 if place % 4 == 3 else 100 + 5 * place for place in numbers],
         "change_gbp": [-1234.5 - place for place in numbers]}
    )  # fmt: skip
    return release(shown, ABOUT, counts=["children"], plain=["provider", "change_gbp"])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Pages, comma-separated files, workbook, Word document and PDF, with hostile words wherever words can be."""
    released, cover = hostile_table(), replace(
        COVER, title=HOSTILE[0], council=f"{HOSTILE[1]} {HOSTILE[5]}", meeting=HOSTILE[3], run_id=HOSTILE[16]
    )  # fmt: skip
    captions = [HOSTILE[0], HOSTILE[5], HOSTILE[12], HOSTILE[15], HOSTILE[20]]
    shown = [*(table(released, caption) for caption in captions), a_chart(_chart_table(), HOSTILE[2])]
    notebooks = {
        "index": an_executed_notebook("The pack", []),
        "01_first": an_executed_notebook("Providers", shown),
    }
    pages = {f"{name}.html": render_page(held, PageContext(cover)) for name, held in notebooks.items()}
    exhibits = tuple(one for name, held in notebooks.items() for one in read_exhibits(name, held))
    pack, folder = SmallPack(pages, exhibits, cover), tmp_path_factory.mktemp("hostile") / "hostile"
    assert pack.write(folder) == ()
    for name, page in pages.items():
        (folder / name).write_text(page, encoding="utf-8", newline="\n")
    return Made(folder, pack)


def _chart_table() -> Released:
    shown = pd.DataFrame(
        {"financial_year": 2018, "setting": HOSTILE[:8], "children": [5 * number + 20 for number in range(8)]}
    )
    return release(shown, ABOUT, counts=["children"], plain=["financial_year", "setting"])


@pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed (Debian: apt install chromium)")
def test_a_page_shows_hostile_words_and_runs_none_of_them(made):
    told: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = browser.new_page()
        page.on("dialog", lambda dialog: (told.append(dialog.message), dialog.dismiss()))
        page.on(
            "request",
            lambda request: told.append(request.url) if not request.url.startswith(("file:", "data:")) else None,
        )
        page.goto((made.folder / "01_first.html").as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        page.wait_for_timeout(300)
        seen = " ".join(page.evaluate("document.body.textContent").split())
        ran, active = page.evaluate(
            "[document.body.dataset.ran, document.querySelectorAll('script,svg,iframe').length]"
        )
        links = page.evaluate("[...document.querySelectorAll('a')].map(link => link.getAttribute('href'))")
        browser.close()
    assert (told, ran, active) == ([], None, 0)
    assert not [link for link in links if link.startswith(EXTERNAL)]
    assert [words for words in HOSTILE if plain(words) not in plain(seen)] == []


def test_a_workbook_holds_hostile_words_as_text_and_not_one_formula(made):
    book = openpyxl.load_workbook(made.folder / "tables.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    assert not [cell for cell in cells if cell.hyperlink and (cell.hyperlink.target or "").startswith(EXTERNAL)]
    said = {plain(str(cell.value)) for cell in cells if cell.data_type == "s"}
    assert [words for words in HOSTILE if plain(words) not in said] == []
    assert min(cell.value for cell in cells if cell.data_type == "n" and cell.value is not None) == -1256
    book.close()
    with zipfile.ZipFile(made.folder / "tables.xlsx") as archive:
        members = archive.namelist()
    assert not [name for name in members if "external" in name.casefold() or ".." in name or name.startswith("/")]


def test_comma_separated_cells_that_a_spreadsheet_would_run_are_led_by_an_apostrophe_and_numbers_are_not(made):
    for path in sorted((made.folder / "data").glob("*.csv")):
        rows = read(path)
        cells = [cell for row in rows for cell in row]
        risky = [cell for cell in cells if cell.lstrip()[:1] in tuple("=+-@") and not _is_number(cell)]
        assert risky == [], path.name
    shown = read(made.folder / "data/01_first-table-1.csv")
    assert [plain(row[0].removeprefix("'")) for row in shown[1:]] == [plain(words) for words in HOSTILE]
    assert all(_is_number(row[2]) and float(row[2]) < 0 for row in shown[1:])
    assert shown[4][1] == "[c]"


def read(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_a_word_document_shows_hostile_words_and_follows_none(made):
    document = docx.Document(str(made.folder / "hostile.docx"))
    words = " ".join(cell.text for one in document.tables for row in one.rows for cell in row.cells)
    assert [one for one in HOSTILE if plain(one).replace(" ", "") not in plain(words).replace(" ", "")] == []
    links = [part.target_ref for part in document.part.rels.values() if part.is_external]
    assert not [link for link in links if link.startswith(EXTERNAL)]
    with zipfile.ZipFile(made.folder / "hostile.docx") as archive:
        raw = archive.read("word/document.xml").decode()
    assert "DDE" not in raw
    assert "HYPERLINK" not in raw.replace("=HYPERLINK(&quot;", "").replace('=HYPERLINK("', "").replace(
        "=HYPERLINK(“", ""
    )


def test_a_pack_of_hostile_words_passes_the_audit_with_the_same_words_everywhere(made):
    audit = audit_pack(made.folder, made.pack.exhibits, Disclosure(), Secrets({}, frozenset()))
    assert audit.tables == {"CSV": 6, "DOCX": 6, "HTML": 6, "XLSX": 6}


def test_hostile_settings_and_data_go_through_a_whole_run_and_are_shown_as_text(tmp_path):
    project = make_project(tmp_path)
    stock = pd.read_csv(tmp_path / "data/stock.csv").replace({"kinship": HOSTILE[0], "secure and health": HOSTILE[5]})
    stock.to_csv(tmp_path / "data/stock.csv", index=False)
    council, pack = tmp_path / "config/councils/small.toml", tmp_path / "config/packs/small.toml"
    council.write_text(council.read_text().replace('"Smallshire"', json.dumps(HOSTILE[1])), encoding="utf-8")
    pack.write_text(pack.read_text().replace('"A small pack"', json.dumps(HOSTILE[3])), encoding="utf-8")
    folder = project.render()
    assert folder == tmp_path / "reports" / "small"
    for page in folder.glob("*.html"):
        held = page.read_text(encoding="utf-8")
        assert f"<script>{RUN}" not in held
        assert "<img src=x" not in held
    assert f"&lt;script&gt;{RUN}" in (folder / "01_first.html").read_text(encoding="utf-8")
    for name in ("manifest.json", "ro-crate-metadata.json"):
        assert HOSTILE[3] in json.dumps(
            json.loads((folder / name).read_text(encoding="utf-8")), ensure_ascii=False
        ).replace('\\"', '"')
    outside = {path.name for path in tmp_path.iterdir()}
    assert outside == {"config", "data", "notebooks", "reports"}


@pytest.mark.parametrize("name", ["../out", "/out", "a/b", "..", "a\\b", "small\x00", "", ".hidden", "CON:"])
def test_a_pack_whose_name_leads_elsewhere_is_refused_before_anything_is_written(project, name):
    pack = project.root / "config/packs/small.toml"
    pack.write_text(pack.read_text().replace('name = "small"', f"name = {json.dumps(name)}"), encoding="utf-8")
    with pytest.raises(SettingsError):
        project.render()
    assert not (project.root / "reports").exists()
    assert not (project.root.parent / "out").exists()


@pytest.mark.parametrize(
    "name", ["../elsewhere", "../../elsewhere", "/elsewhere", "a/../../elsewhere", "notes/elsewhere"]
)
def test_a_notebook_outside_the_notebooks_folder_is_refused(project, name):
    nbformat.write(nbformat.v4.new_notebook(cells=[a_code_cell("1/0")]), project.root / "elsewhere.ipynb")
    pack = project.root / "config/packs/small.toml"
    pack.write_text(pack.read_text().replace('"01_first"', json.dumps(name)), encoding="utf-8")
    with pytest.raises(PackError, match="There is no notebook"):
        project.render()
    assert not (project.root / "reports").exists()
