"""Open a council's payments file, or a folder of them, as text: every cell as typed, with its file and row number."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zipfile import BadZipFile

import openpyxl
import pandas as pd
from openpyxl.utils.exceptions import InvalidFileException

from cip_analysis.settings import PaymentColumns

NEEDED = ("child", "start", "amount")
FIELDS = (
    "child", "start", "end", "setting", "provider", "provider_urn", "platform", "weekly_fee", "health", "education",
    "amount", "kind",
)  # fmt: skip
HEADING_WITHIN = 30
SUFFIXES = (".csv", ".txt", ".tsv", ".xlsx", ".xlsm")
SYNTHETIC_MARK = "SYNTHETIC"


class PaymentError(ValueError):
    """A payments file cannot be used at all."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of payments as typed.

    lines: text, one column a field of FIELDS the file has, with `file` and `row` (the line in that file, the first
    being 1). name: the file, and the sheet within a workbook. absent: fields the council's mapping names that the
    file lacks. ignored: the file's other columns. ragged: row numbers of lines with too many cells, left out.
    encoding: how the text was read.
    """

    lines: pd.DataFrame
    name: str
    absent: tuple[str, ...]
    ignored: tuple[str, ...]
    ragged: tuple[int, ...] = ()
    encoding: str = "UTF-8"


def open_payment_files(path: Path, columns: PaymentColumns) -> tuple[list[Sheet], list[str]]:
    """Every table of payments at `path` (a file or a folder of files), and the names of what was not one.

    Raises PaymentError where there is no file, or none holds the columns needed.
    """
    if not path.exists():
        raise PaymentError(f"{path.name}: no such payments file. Check the path given.")
    files = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES) if path.is_dir() else [path]
    sheets: list[Sheet] = []
    passed: list[str] = []
    for file in files:
        for name, table in _tables(file, columns):
            sheet = _as_sheet(name, table, columns)
            sheets += [sheet] if sheet else []
            passed += [] if sheet else [name]
    if not sheets:
        wanted = ", ".join(getattr(columns, field) for field in NEEDED)
        raise PaymentError(
            f"{path.name}: no table holds the columns {wanted} within its first {HEADING_WITHIN} rows "
            f"({len(passed)} looked at). Put the file's own column names under [payment_columns] in the council's file."
        )
    return sheets, passed


def is_marked_synthetic(path: Path) -> bool:
    """Whether the file, or a folder one or two above it, carries the mark of invented data."""
    folders = (path, path.parent, path.parent.parent) if path.is_dir() else (path.parent, path.parent.parent)
    return any(next(folder.glob(f"{SYNTHETIC_MARK}*"), None) is not None for folder in folders)


@dataclass(frozen=True, slots=True)
class _Table:
    """Cells as text, before the heading row is known: `cells` by position, `rows` their line numbers."""

    cells: pd.DataFrame
    ragged: tuple[int, ...] = ()
    encoding: str = "UTF-8"


def _tables(file: Path, columns: PaymentColumns) -> Iterator[tuple[str, _Table]]:
    with file.open("rb") as opened:
        start = opened.read(8)
    if not start:
        raise PaymentError(f"{file.name}: the file is empty. Export it again.")
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise PaymentError(f"{file.name}: an old Excel workbook (.xls), or one with a password. Save it as .xlsx.")
    if start.startswith(b"PK"):
        yield from _workbook_tables(file)
    else:
        yield file.name, _delimited_table(file, columns)


def _workbook_tables(file: Path) -> Iterator[tuple[str, _Table]]:
    """Each sheet; a formula without a stored value keeps its text, so that it can be named as such."""
    try:
        stored = openpyxl.load_workbook(file, read_only=True, data_only=True)
        typed = openpyxl.load_workbook(file, read_only=True)
    except (BadZipFile, InvalidFileException, KeyError):
        raise PaymentError(f"{file.name}: not an Excel workbook, or damaged. Open it, save it as .xlsx.") from None
    for name in stored.sheetnames:
        pairs = zip(stored[name].iter_rows(values_only=True), typed[name].iter_rows(values_only=True), strict=False)
        rows = [[_cell_text(*cell) for cell in zip(*pair, strict=False)] for pair in pairs]
        yield f"{file.name} [{name}]", _Table(pd.DataFrame(rows, dtype="str").fillna(""))
    stored.close()
    typed.close()


def _cell_text(stored: object, typed: object) -> str:
    """A cell as it would be typed."""
    if stored is None:
        return typed if isinstance(typed, str) and typed.startswith("=") else ""
    if isinstance(stored, datetime | date):
        return f"{stored:%Y-%m-%d}"
    if isinstance(stored, float) and stored.is_integer():
        return str(int(stored))
    return str(stored)


def _delimited_table(file: Path, columns: PaymentColumns) -> _Table:
    """A text file's cells; lines with more cells than the heading are left out and numbered.

    A comma typed inside an unquoted sum moves every cell after it, so such a line is not read at all.
    """
    content = file.read_bytes()
    if b"\0" in content:
        raise PaymentError(f"{file.name}: holds NUL bytes, so it is not plain text. Save it as CSV UTF-8.")
    try:
        text, encoding = content.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError:
        text, encoding = content.decode("cp1252", errors="replace"), "Windows-1252"
    delimiter = max(",;\t|", key=text[:20_000].count)
    width = _heading_width(text, delimiter, columns)
    skipped: list[int] = []
    try:
        cells = _read_cells(text, delimiter, width, skipped)
    except pd.errors.ParserError:
        lines = csv.reader(io.StringIO(text), delimiter=delimiter)
        skipped = [number for number, line in enumerate(lines) if len(line) > width + 1]
        cells = _read_cells(text, delimiter, width, skipped)
    longer = cells[width].ne("")
    ragged = sorted(number + 1 for number in [*skipped, *cells.index[longer]])
    return _Table(cells[~longer].drop(columns=width), tuple(ragged), encoding)


def _read_cells(text: str, delimiter: str, width: int, skipped: list[int]) -> pd.DataFrame:
    """Cells by position, one column beyond the heading's to catch lines too long; indexed by line from nought."""
    cells = pd.read_csv(
        io.StringIO(text), sep=delimiter, header=None, names=list(range(width + 1)), index_col=False, dtype="str",
        keep_default_na=False, skip_blank_lines=False, skiprows=skipped,
    ).fillna("")  # fmt: skip
    left_out = set(skipped)
    cells.index = pd.Index([line for line in range(len(cells) + len(skipped)) if line not in left_out], dtype="int64")
    return cells


def _heading_width(text: str, delimiter: str, columns: PaymentColumns) -> int:
    """How many cells the heading row has; of the widest early line, where no heading is found."""
    head = csv.reader(io.StringIO(text[:200_000]), delimiter=delimiter)
    rows = [[_plain(cell) for cell in cells] for cells, _ in zip(head, range(HEADING_WITHIN), strict=False)]
    needed = {_plain(getattr(columns, field)) for field in NEEDED}
    return next((len(row) for row in rows if needed <= set(row)), max(map(len, rows), default=1))


def _as_sheet(name: str, table: _Table, columns: PaymentColumns) -> Sheet | None:
    """The table under its heading row, its columns under our names; None where it has no such heading."""
    wanted = {_plain(getattr(columns, field)): field for field in FIELDS if getattr(columns, field)}
    for position in range(min(HEADING_WITHIN, len(table.cells))):
        heading = [_plain(cell) for cell in table.cells.iloc[position]]
        found = {wanted[title]: place for place, title in reversed(list(enumerate(heading))) if title in wanted}
        if all(field in found for field in NEEDED):
            below = table.cells.iloc[position + 1 :]
            lines = pd.DataFrame({field: below[place] for field, place in found.items()})
            return Sheet(
                lines=lines.assign(file=name, row=below.index.to_numpy() + 1).reset_index(drop=True),
                name=name,
                absent=tuple(field for field in wanted.values() if field not in found),
                ignored=tuple(title for title in heading if title and title not in wanted),
                ragged=table.ragged,
                encoding=table.encoding,
            )
    return None


def _plain(title: str) -> str:
    """A column title without its case, outer spaces or doubled spaces."""
    return " ".join(str(title).replace("\ufeff", "").split()).casefold()
