"""A table of text as it stands in a file, before anyone says what it means; and what there is to say about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

IsHeader = Callable[[Sequence[str]], bool]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell the reader of a file: one row of `records.Findings`, still as an object.

    rows: row numbers concerned, all of them; only their count and the first five are passed on.
    child_days: of those rows, where they are episodes.
    """

    rule: str
    severity: str
    meaning: str
    next_step: str
    where: str = ""
    rows: tuple[int, ...] = ()
    children: int = 0
    child_days: float = 0.0

    def as_finding(self) -> dict[str, object]:
        """The notice as a row of Findings."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "meaning": self.meaning,
            "where": self.where,
            "rows": len(self.rows),
            "first_rows": ", ".join(str(row) for row in self.rows[:5]),
            "children": self.children,
            "child_days": self.child_days,
            "next_step": self.next_step,
        }


@dataclass(frozen=True, slots=True)
class Repair:
    """Rows of one table that a rule of reading changed or left out, of how many it looked at."""

    rule: str
    rows_seen: int
    rows_changed: int
    children: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TextTable:
    """One table of text as it stands in a file: nothing typed, nothing repaired.

    source: the file, and the sheet in brackets for a workbook. names: the header's cells, as written, which may
    repeat. cells: text, one column a name, numbered from 0; blank cells are missing. rows: each line's number in
    the file, the first line being 1.
    """

    source: str
    names: tuple[str, ...]
    cells: pd.DataFrame
    rows: np.ndarray


@dataclass(frozen=True, slots=True)
class Opened:
    """What one file gave: its tables, what there is to say about it, and a digest that twins share."""

    tables: tuple[TextTable, ...] = ()
    notices: tuple[Notice, ...] = ()
    digest: str = ""


MENDED_ON_OPENING: Mapping[str, str] = {
    "line too long": "no row of a table is so long, so the line is left out",
    "too many cells": "no cell can be trusted to be in its own column, so the row is left out",
    "too few cells": "the cells lacking at a row's end are taken as blank",
    "file cut short": "the row that breaks off is left out",
    "unclosed quote": "the quotation marks are taken out and the line split at every delimiter",
    "nul characters": "no text has them, so they are taken out",
}


def repairs_on_opening(files: Sequence[Opened]) -> list[Repair]:
    """Lines left out or altered before any table was told from another: one repair a notice, of its file's lines.

    Files that gave no table altered nothing.
    """
    return [
        Repair(notice.rule, max(sum(len(table.rows) for table in file.tables), len(notice.rows)), len(notice.rows))
        for file in files
        for notice in file.notices
        if file.tables and notice.rule in MENDED_ON_OPENING
    ]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table lies in its file: its name, its row of names, what parts the cells, and the header's line."""

    source: str
    names: tuple[str, ...]
    delimiter: str
    header_line: int


TABLE_SUFFIXES = frozenset({".csv", ".tsv", ".txt", ".xml", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".zip", ""})


def refusal(source: str, what: str) -> Notice:
    """A file, or a sheet, that cannot be used: what is wrong with it and what to do, in one sentence."""
    problem, _, advice = what.partition("; ")
    next_step = f"{advice or 'Send it again in another form'}.".capitalize()
    return Notice("file not used", "refusal", f"The file {problem}; nothing in it was read.", next_step, source)


def not_a_return(source: str, kind: str) -> Notice:
    """A file that was never a table of the return, such as a document beside the data: said, and no more."""
    return Notice("not a return", "note", f"The file is {kind}, so it was left alone.", "Nothing.", source)


def unmatched(source: str) -> Notice:
    """A file that could have been a table of the return and is none that we know."""
    if Path(source.partition(" [")[0]).suffix.lower() not in TABLE_SUFFIXES or Path(source).stem.upper() in READABLE:
        return not_a_return(source, "not a table")
    meaning = "The file's columns match no table of the return, so it was left out."
    return Notice("no such table", "warning", meaning, "If it is part of the return, name its columns.", source)


READABLE = frozenset({"README", "SOURCE", "LICENCE", "LICENSE", "NOTES", "SYNTHETIC"})


def table_of(grid: Sequence[tuple[int, Sequence[str]]], layout: Layout, *, cut_short: bool = False) -> Opened:
    """A table from rows of cells that may be ragged, each with its line number.

    Cells lacking at the end of a row are blank, and said. A row with more filled cells than there are columns has
    lost its alignment and is left out, and said. cut_short: the text ends without a line break, so a last row with
    fewer cells than the one before was broken off and is left out.
    """
    width = len(layout.names)
    rows = [(number, cells) for number, cells in grid if any(cell.strip() for cell in cells)]
    faults: list[Notice] = []
    if cut_short and rows and len(rows[-1][1]) < (len(rows[-2][1]) if len(rows) > 1 else width):
        meaning = "The file breaks off in the middle of its last row, which was left out."
        faults.append(Notice("file cut short", "error", meaning, "Export it again.", layout.source, (rows[-1][0],)))
        rows = rows[:-1]
    wide = tuple(number for number, cells in rows if any(cell.strip() for cell in cells[width:]))
    if wide:
        meaning = "Rows have more cells than the header, so no cell can be trusted to be its own; left out."
        faults.append(Notice("too many cells", "error", meaning, "Look for a stray delimiter.", layout.source, wide))
        rows = [(number, cells) for number, cells in rows if not any(cell.strip() for cell in cells[width:])]
    short = tuple(number for number, cells in rows if len(cells) < width)
    if short:
        meaning = "Rows have fewer cells than the header; the ones lacking at their end are blank."
        faults.append(Notice("too few cells", "warning", meaning, "Check those rows.", layout.source, short))
    numbers = np.array([number for number, _ in rows], dtype="int64")
    return Opened(
        (TextTable(layout.source, layout.names, _cells([cells for _, cells in rows], width), numbers),), tuple(faults)
    )


def _cells(rows: list[Sequence[str]], width: int) -> pd.DataFrame:
    """The rows as a frame of text `width` wide, blanks missing."""
    if not rows:
        return no_cells(width)
    padded = [[*cells[:width], *[""] * (width - len(cells))] for cells in rows]
    table = pd.DataFrame(padded, columns=range(width), dtype="str")
    return table.mask(table == "")


def no_cells(width: int) -> pd.DataFrame:
    """A frame of text `width` wide without a row."""
    return pd.DataFrame({number: pd.Series([], dtype="str") for number in range(width)})


def titles_above(layout: Layout) -> Notice:
    """Lines of title stand above the header: skipped, and said."""
    lines = tuple(range(1, layout.header_line))
    meaning = f"The header is on line {layout.header_line}; the lines above it were taken as a title."
    return Notice("title above the header", "note", meaning, "Nothing, if that is so.", layout.source, lines)
