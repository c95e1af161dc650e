"""Every table of a finished pack read back from its files, as anyone who holds only those files can read it.

HTML pages, comma-separated files, the workbook and the Word document are read by small readers of their own, not by
the code that wrote them, so that a fault of the writing cannot hide in the reading. A format that is not there gives
no tables.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from xml.etree.ElementTree import Element

import openpyxl
from bs4 import BeautifulSoup, Tag
from defusedxml import DefusedXmlException, ElementTree

from cip_analysis.publish.products.exhibits import Exhibit

HTML, COMMAS, WORKBOOK, WORD = "HTML", "CSV", "XLSX", "DOCX"
DATA, TABLES = "data", "tables.xlsx"
NOT_EXHIBITS = frozenset({"contents.csv", "cells.csv"})
PICTURE = re.compile(r"base64,[A-Za-z0-9+/=]+")
WORD_NAMESPACE = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
Cell = str | int | float | bool | date | None


class ReadingError(ValueError):
    """A file of a finished pack cannot be read as what its name says it is."""


@dataclass(frozen=True, slots=True)
class Printed:
    """One exhibit's table as one format prints it.

    exhibit: its name, as of its files. headings: of the columns. rows: cells as they stand: text, or in the workbook a
    number, a day or a truth.
    """

    exhibit: str
    format: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def read_tables(folder: Path, exhibits: Sequence[Exhibit]) -> dict[str, dict[str, Printed]]:
    """Every table that stands in a pack's files: format -> name of the exhibit -> the table.

    exhibits: those the pack should hold, in order; the workbook and the Word document number them by it.
    Raises ReadingError where a file is not what its ending says.
    """
    found = {
        HTML: list(_pages(folder)),
        COMMAS: list(_comma_files(folder / DATA)),
        WORKBOOK: list(_sheets(folder / TABLES, exhibits)),
        WORD: [one for path in sorted(folder.glob("*.docx")) for one in _word_tables(path, exhibits)],
    }
    return {kind: {one.exhibit: one for one in tables} for kind, tables in found.items() if tables}


def formats_there(folder: Path) -> frozenset[str]:
    """Which formats a pack holds, whether or not a table could be read from them."""
    there = {
        HTML: any(folder.glob("*.html")),
        COMMAS: (folder / DATA).is_dir(),
        WORKBOOK: (folder / TABLES).is_file(),
        WORD: any(folder.glob("*.docx")),
    }
    return frozenset(kind for kind, found in there.items() if found)


def read_page(path: Path) -> BeautifulSoup:
    """A page without the bytes of its pictures, which hold no table."""
    return BeautifulSoup(PICTURE.sub("base64,", path.read_text(encoding="utf-8")), "lxml")


# ---- pages ------------------------------------------------------------------------------------------------------


def _pages(folder: Path) -> Iterator[Printed]:
    """Every exhibit's table of every page, numbered in the order of the page."""
    for path in sorted(folder.glob("*.html")):
        counted = {"figure": 0, "table": 0}
        for tag in read_page(path).select("figure.exhibit-figure, div.exhibit-table"):
            kind = "figure" if tag.name == "figure" else "table"
            counted[kind] += 1
            shown = tag.find("table")
            if isinstance(shown, Tag):
                yield Printed(f"{path.stem}-{kind}-{counted[kind]}", HTML, *_rows_of(shown))


def _rows_of(shown: Tag) -> tuple[tuple[str, ...], tuple[tuple[Cell, ...], ...]]:
    """The headings and rows of an HTML table."""
    rows = [
        tuple(cell.get_text(" ", strip=True) for cell in row.find_all(["th", "td"])) for row in shown.find_all("tr")
    ]
    return (rows[0], tuple(rows[1:])) if rows else ((), ())


# ---- comma-separated files --------------------------------------------------------------------------------------


def _comma_files(data: Path) -> Iterator[Printed]:
    """Every file of an exhibit."""
    for path in sorted(data.glob("*.csv")):
        if path.name not in NOT_EXHIBITS:
            headings, *rows = read_commas(path) or [()]
            yield Printed(path.stem, COMMAS, tuple(headings), tuple(tuple(row) for row in rows))


def read_commas(path: Path) -> list[tuple[str, ...]]:
    """The lines of a comma-separated file, each as its cells.

    Raises ReadingError where it is no such file.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        return [tuple(row) for row in csv.reader(io.StringIO(text, newline=""), strict=True)]
    except (OSError, UnicodeError, csv.Error):
        raise ReadingError(f"{path.name}: this is no comma-separated file in UTF-8. Render the pack again.") from None


# ---- the workbook -----------------------------------------------------------------------------------------------


def _sheets(path: Path, exhibits: Sequence[Exhibit]) -> Iterator[Printed]:
    """The table of each sheet called Table_1, Table_2 and so on: its last rows, under their headings."""
    if not path.is_file():
        return
    try:
        book = openpyxl.load_workbook(path, read_only=False, data_only=False)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        raise ReadingError(f"{path.name}: this workbook cannot be opened. Render the pack again.") from None
    for place, exhibit in enumerate(exhibits, 1):
        if f"Table_{place}" in book.sheetnames:
            rows, columns = exhibit.released.table.shape
            lines = [tuple(line[:columns]) for line in book[f"Table_{place}"].iter_rows(values_only=True)]
            lines = [line for line in lines if any(cell is not None for cell in line)]
            first = max(len(lines) - rows, 1)
            headings = tuple(str(cell) for cell in lines[first - 1]) if lines else ()
            yield Printed(exhibit.name, WORKBOOK, headings, tuple(tuple(map(_day, line)) for line in lines[first:]))
    book.close()


def _day(cell: object) -> Cell:
    """A cell of the workbook, a day without its hour."""
    if isinstance(cell, datetime):
        return cell.date()
    return cell if cell is None or isinstance(cell, str | int | float | date) else str(cell)


# ---- the Word document ------------------------------------------------------------------------------------------


def _word_tables(path: Path, exhibits: Sequence[Exhibit]) -> Iterator[Printed]:
    """The tables of the document that stand under an exhibit's caption; two of one caption in the order of the pack."""
    waiting: dict[str, list[str]] = {}
    for exhibit in exhibits:
        behind = "" if exhibit.kind == "table" else "Numbers behind "
        waiting.setdefault(_plain(f"{behind}{exhibit.called}: {exhibit.caption}"), []).append(exhibit.name)
    for caption, lines in _tables_in(path):
        if names := waiting.get(_plain(caption)):
            yield Printed(names.pop(0), WORD, lines[0], tuple(lines[1:]))


def _plain(words: str) -> str:
    """Words without what a caption may lose on its way: spaces, marks and capitals."""
    return re.sub(r"\W", "", words).casefold()


def _tables_in(path: Path) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    """Every table of the document under the words before it, as rows of words, the first of them its headings."""
    before = ""
    for part in _document(path).iter():
        if part.tag == f"{WORD_NAMESPACE}p":
            before = _words(part) or before
        if part.tag != f"{WORD_NAMESPACE}tbl":
            continue
        lines = [tuple(_words(cell) for cell in row.findall(f"{WORD_NAMESPACE}tc"))
                 for row in part.findall(f"{WORD_NAMESPACE}tr")]  # fmt: skip
        if lines:
            yield before, lines


def _document(path: Path) -> Element:
    try:
        with zipfile.ZipFile(path) as archive:
            return ElementTree.fromstring(archive.read("word/document.xml"))
    except (OSError, KeyError, zipfile.BadZipFile, ElementTree.ParseError, DefusedXmlException):
        raise ReadingError(f"{path.name}: this document cannot be opened. Render the pack again.") from None


def _words(cell: Element) -> str:
    """The words of one cell, a paragraph or line break as a space."""
    pieces = (_piece(part) for part in cell.iter())
    return " ".join("".join(pieces).split())


def _piece(part: Element) -> str:
    if part.tag == f"{WORD_NAMESPACE}t":
        return part.text or ""
    return " " if part.tag in (f"{WORD_NAMESPACE}p", f"{WORD_NAMESPACE}br", f"{WORD_NAMESPACE}tab") else ""
