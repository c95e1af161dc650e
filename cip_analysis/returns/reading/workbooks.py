"""Opening an Excel workbook: every sheet that has the row of names looked for becomes a table of text."""

from __future__ import annotations

import io
import lzma
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from typing import Any
from xml.sax import SAXException

from defusedxml import DefusedXmlException
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from cip_analysis.returns.reading.text_tables import (
    IsHeader,
    Layout,
    Notice,
    Opened,
    refusal,
    table_of,
    titles_above,
    unmatched,
)

MOST_UNPACKED = 1 << 30
HEADER_SEARCH = 30
WIDEST = 400
DAMAGE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, InvalidFileException, SyntaxError, SAXException,
    DefusedXmlException, LookupError, ArithmeticError, AttributeError, TypeError, ValueError, OSError, EOFError,
    RuntimeError, AssertionError,
)  # fmt: skip
Grid = list[tuple[int, list[str]]]


def open_workbook(content: bytes, name: str, is_header: IsHeader) -> Opened:
    """The tables on a workbook's sheets, found by their columns; formulas give the value last worked out.

    A workbook that is damaged, or would unpack to more than a gigabyte, comes back as a refusal.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
        if unpacked > MOST_UNPACKED:
            return Opened(notices=(refusal(name, "unpacks to more than a gigabyte; save it as .csv"),))
        sheets = _grids(content, values=True)
        found = [_open_sheet(grid, f"{name} [{title}]", is_header) for title, grid in sheets.items()]
        formulas = _formula_notices(content, name, sheets)
    except DAMAGE:
        return Opened(notices=(refusal(name, "is a damaged workbook; open it in Excel and save it again"),))
    if not any(opened.tables for opened in found):
        return Opened(notices=(unmatched(name),))
    notices = tuple(notice for opened in found for notice in opened.notices)
    return Opened(tuple(table for opened in found for table in opened.tables), notices + formulas)


def _grids(content: bytes, *, values: bool) -> dict[str, Grid]:
    """Each sheet's filled rows as text with their numbers; formulas as values, or else as they are written."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=values)
        return {sheet.title: list(_rows(sheet)) for sheet in book.worksheets}


def _rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    """A sheet's rows as text with their numbers, blank rows passed over."""
    sheet.reset_dimensions()
    for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
        cells = [as_text(cell) for cell in row[:WIDEST]]
        while cells and not cells[-1].strip():
            cells.pop()
        if cells:
            yield number, cells


def as_text(cell: object) -> str:
    """A workbook's cell as a council would have typed it: dates dd/mm/yyyy, whole numbers without a point.

    >>> as_text(datetime(2017, 4, 1)), as_text(398768.0), as_text(42826), as_text(None)
    ('01/04/2017', '398768', '42826', '')
    """
    if cell is None:
        return ""
    if isinstance(cell, datetime | date):
        return f"{cell:%d/%m/}{cell.year:04d}"
    if isinstance(cell, time):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell).encode("utf-8", "replace").decode()


def _open_sheet(grid: Grid, source: str, is_header: IsHeader) -> Opened:
    for place, (number, names) in enumerate(grid[:HEADER_SEARCH]):
        if is_header(names):
            layout = Layout(source, tuple(names), "", number)
            opened = table_of(_squared(grid[place + 1 :], len(names)), layout)
            above = (titles_above(layout),) if place else ()
            return Opened(opened.tables, above + opened.notices)
    return Opened(notices=(unmatched(source),) if grid else ())


def _squared(grid: Grid, width: int) -> Grid:
    """Rows padded to the header's width: a sheet does not store the blank cells at a row's end."""
    return [(number, cells + [""] * (width - len(cells))) for number, cells in grid]


def _formula_notices(content: bytes, name: str, sheets: dict[str, Grid]) -> tuple[Notice, ...]:
    """Say which cells are formulas, and which of those were never worked out and so are blank here."""
    if not _has_formulas(content):
        return ()
    notices: list[Notice] = []
    for title, grid in _grids(content, values=False).items():
        source = f"{name} [{title}]"
        values = dict(sheets.get(title, []))
        formulas = [(number, place) for number, cells in grid for place, cell in enumerate(cells) if cell[:1] == "="]
        blank = sorted({number for number, place in formulas if not "".join(values.get(number, [])[place : place + 1])})
        if formulas:
            rows = tuple(sorted({number for number, _ in formulas}))
            meaning = "Cells are formulas; the value Excel last worked out was read."
            notices.append(Notice("formula cells", "note", meaning, "Paste as values to be sure.", source, rows))
        if blank:
            meaning = "Cells are formulas that were never worked out, so they are blank here."
            step = "Open the workbook in Excel, let it calculate, and save it."
            notices.append(Notice("formula without a value", "error", meaning, step, source, tuple(blank)))
    return tuple(notices)


def _has_formulas(content: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheets: Iterable[str] = (part for part in archive.namelist() if part.startswith("xl/worksheets/"))
        return any(mark in archive.read(part) for part in sheets if part.endswith(".xml") for mark in (b"<f>", b"<f "))
