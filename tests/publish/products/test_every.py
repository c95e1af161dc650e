"""Everything beside the pages: the same numbers in all, the same bytes each time, plain words where a tool lacks."""

from __future__ import annotations

import calendar
import csv
import re
import sys
import zipfile

import docx
import openpyxl
import pytest
from bs4 import BeautifulSoup
from docx.oxml.ns import qn
from publish.shown import SmallPack, a_pack

from cip_analysis.publish.documents.printed import NO_PANGO, NOT_MADE
from cip_analysis.publish.documents.word import NO_PANDOC


def as_printed(text: str) -> str:
    """A cell with its number as plain as it can be told: 1,234.50 and 1234.5 alike, percentages left as they are."""
    plain = text.replace(",", "").replace("−", "-").strip()
    return f"{float(plain):g}" if re.fullmatch(r"-?\d+(\.\d+)?", plain) else text.strip().casefold()


def on_pages(pack) -> dict[str, list[list[str]]]:
    """Every exhibit's rows as its page prints them."""
    found = {}
    for file, html in pack.pages.items():
        counted = {"figure": 0, "table": 0}
        for tag in BeautifulSoup(html, "html.parser").select("figure.exhibit-figure, div.exhibit-table"):
            kind = "figure" if tag.name == "figure" else "table"
            counted[kind] += 1
            rows = [[as_printed(cell.get_text()) for cell in row.select("th, td")] for row in tag.select("tbody tr")]
            found[f"{file.removesuffix('.html')}-{kind}-{counted[kind]}"] = rows
    return found


def in_word(path) -> dict[str, list[list[str]]]:
    """Every exhibit's rows in the Word document, by the file that its table names."""
    found = {}
    for table in docx.Document(str(path)).tables:
        told = table._tbl.tblPr.find(qn("w:tblDescription"))
        if told is not None:
            name = re.search(r"data/(.+)\.csv", told.get(qn("w:val"))).group(1)
            found[name] = [[as_printed(cell.text) for cell in row.cells] for row in table.rows[1:]]
    return found


def as_the_page_would(cell: object, name: str) -> str:
    """A cell of a file of numbers as its page would print it: shares as percentages, days and years in words."""
    if isinstance(cell, str) and re.fullmatch(r"\d{4}-\d\d", cell):
        return cell.replace("-", "/")
    if isinstance(cell, str) and (found := re.fullmatch(r"(\d{4})-(\d\d)-\d\d", cell)):
        return f"{calendar.month_name[int(found.group(2))].casefold()} {found.group(1)}"
    if name.startswith("share") and not str(cell).startswith("["):
        return as_printed(f"{float(cell) * 100:.1f}")
    return as_printed(str(cell))


def test_every_exhibit_prints_the_same_numbers_on_its_page_and_in_every_file(written):
    pages, word = on_pages(written.pack), in_word(written.folder / "small.docx")
    book = openpyxl.load_workbook(written.folder / "tables.xlsx")
    assert set(pages) == set(word) == {exhibit.name for exhibit in written.pack.exhibits}
    for place, exhibit in enumerate(written.pack.exhibits, 1):
        names = list(exhibit.released.table.columns)
        with (written.folder / "data" / f"{exhibit.name}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))[1:]
        commas = [[as_the_page_would(*one) for one in zip(row, names, strict=True)] for row in rows]
        sheet = book[f"Table_{place}"]
        (table,) = sheet.tables.values()
        held = [[f"{cell.value:%Y-%m-%d}" if cell.is_date else cell.value for cell in row] for row in sheet[table.ref]]
        sheets = [[as_the_page_would(*one) for one in zip(row, names, strict=True)] for row in held[1:]]
        assert pages[exhibit.name] == word[exhibit.name] == commas == sheets, exhibit.name


def test_nothing_is_noted_where_all_could_be_made(written):
    assert written.notes == ()
    assert {path.name for path in written.folder.iterdir()} == {"data", "small.docx", "small.pdf", "tables.xlsx"}


def test_the_same_pack_gives_the_same_bytes_in_another_folder(written, tmp_path):
    again = tmp_path / "elsewhere" / "small"
    a_pack().write(again)
    files = sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    assert files
    for file in files:
        assert (again / file).read_bytes() == (written.folder / file).read_bytes(), file


def test_without_pandoc_the_rest_is_made_and_the_note_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("PYPANDOC_PANDOC", str(tmp_path / "nowhere"))
    notes = a_pack().write(tmp_path / "small")
    assert notes == (NO_PANDOC,)
    assert {path.name for path in (tmp_path / "small").iterdir()} == {"data", "small.pdf", "tables.xlsx"}


def test_without_pango_the_rest_is_made_and_the_note_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text(
        "import ctypes.util, sys\n"
        "import cffi\n"
        "def refuse(self, name, *flags):\n"
        "    raise OSError(f'cannot load library {name!r}')\n"
        "cffi.FFI.dlopen = refuse\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    notes = a_pack().write(tmp_path / "small")
    assert notes == (NO_PANGO,)
    assert {path.name for path in (tmp_path / "small").iterdir()} == {"data", "small.docx", "tables.xlsx"}


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere fonts are not found by fontconfig")
def test_without_fonts_the_rest_is_made_and_the_note_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "none").mkdir()
    config = tmp_path / "fonts.conf"
    config.write_text(f"<fontconfig><dir>{tmp_path / 'none'}</dir></fontconfig>", encoding="utf-8")
    monkeypatch.setenv("FONTCONFIG_FILE", str(config))
    assert a_pack().write(tmp_path / "small") == (NOT_MADE,)
    assert {path.name for path in (tmp_path / "small").iterdir()} == {"data", "small.docx", "tables.xlsx"}


def test_a_pack_that_shows_no_exhibit_has_a_document_and_no_workbook(tmp_path):
    pack = a_pack()
    assert SmallPack({"index.html": pack.pages["index.html"]}, ()).write(tmp_path / "small") == ()
    assert {path.name for path in (tmp_path / "small").iterdir()} == {"data", "small.docx", "small.pdf"}


def test_kept_documents_are_taken_while_the_pack_is_the_same_and_made_anew_when_it_is_not(tmp_path, monkeypatch):
    kept, pack = tmp_path / "kept", a_pack()
    pack.write(tmp_path / "one" / "small", kept)
    monkeypatch.setenv("PYPANDOC_PANDOC", str(tmp_path / "nowhere"))
    assert pack.write(tmp_path / "two" / "other", kept) == ()
    assert pack.write(tmp_path / "afresh" / "other", kept, fresh=True) == (NO_PANDOC,)
    for first, second in (("small.docx", "other.docx"), ("small.pdf", "other.pdf"), ("tables.xlsx", "tables.xlsx")):
        assert (tmp_path / "one/small" / first).read_bytes() == (tmp_path / "two/other" / second).read_bytes()
    (entry,) = (path for path in kept.iterdir())
    (entry / "document.docx").write_bytes(b"half")
    assert pack.write(tmp_path / "three" / "small", kept) == (NO_PANDOC,)


@pytest.mark.parametrize("file", ["small.docx", "tables.xlsx"])
def test_the_office_files_hold_no_clock_and_no_name_of_anyone(written, file):
    with zipfile.ZipFile(written.folder / file) as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        core = archive.read("docProps/core.xml").decode()
    assert set(re.findall(r"\d{4}-\d\d-\d\dT[\d:]+Z", core)) == {"2018-03-31T00:00:00Z"}
    assert re.search(r"<dc:creator\s*/>|<dc:creator></dc:creator>", core)
    assert re.search(r"<cp:lastModifiedBy>[^<]", core) is None
